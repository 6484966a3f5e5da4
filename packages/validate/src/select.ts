/** Which checks run: `--only`, `--skip`, and those that must be asked for. */
import { OpsError } from "@pilot-light/core/ops-error";
import type { Check } from "./check.ts";

export interface Selection {
  only: readonly string[];
  skip: readonly string[];
  /** Optional checks that were asked for. */
  optional: readonly string[];
}

/**
 * The checks to run, in the registry's order. `only` takes along what those checks need; what is skipped counts as good.
 * @throws OpsError UNKNOWN_CHECK, CHECK_ESSENTIAL (usage)
 */
export function selectChecks(registry: readonly Check[], selection: Selection): Check[] {
  const { only, skip, optional } = selection;
  const byId = new Map(registry.map((check) => [check.id, check]));
  for (const id of [...only, ...skip]) {
    const check = byId.get(id);
    if (check === undefined) throw unknownCheck(id);
    if (check.essential === true && skip.includes(id)) {
      throw new OpsError(
        "usage",
        "CHECK_ESSENTIAL",
        `${id} cannot be skipped: nothing can be said without it.`,
        {
          hint: "See  pnpm validate --list",
        },
      );
    }
  }
  const wanted = new Set<string>();
  const want = (id: string) => {
    if (wanted.has(id) || skip.includes(id)) return;
    wanted.add(id);
    for (const need of byId.get(id)?.needs ?? []) want(need);
  };
  const chosen = registry.filter(({ id, optional: asked }) => {
    if (only.length > 0) return only.includes(id) || optional.includes(id);
    return asked !== true || optional.includes(id);
  });
  for (const { id } of chosen) want(id);
  for (const check of registry) if (check.essential === true) wanted.add(check.id);
  return registry.filter(({ id }) => wanted.has(id));
}

/** The error of an id that no check has. */
function unknownCheck(id: string): OpsError {
  return new OpsError("usage", "UNKNOWN_CHECK", `There is no check "${id}".`, {
    hint: "See them all:  pnpm validate --list",
  });
}
