/** Which checks run: `--only`, `--skip`, and the optional ones. */
import type { Check } from "./check.ts";
import { checkEssential, unknownCheck } from "./errors.ts";

export interface Selection {
  only: readonly string[];
  skip: readonly string[];
  /** Optional checks that run: `--data`, `--drift`. */
  optional: readonly string[];
}

/**
 * The checks to run, in the registry's order. `only` includes the checks that its checks need. A check in `skip` counts as passed.
 * @throws OpsError UNKNOWN_CHECK, CHECK_ESSENTIAL (usage)
 */
export function selectChecks(registry: readonly Check[], selection: Selection): Check[] {
  const { only, skip, optional } = selection;
  const byId = new Map(registry.map((check) => [check.id, check]));
  for (const id of [...only, ...skip]) {
    const check = byId.get(id);
    if (check === undefined) throw unknownCheck({ id });
    if (check.essential === true && skip.includes(id)) throw checkEssential({ id });
  }
  const wanted = new Set<string>();
  const want = (id: string) => {
    if (wanted.has(id) || skip.includes(id)) return;
    wanted.add(id);
    for (const need of byId.get(id)?.needs ?? []) want(need);
  };
  const chosen = registry.filter(({ id, optional: isOptional }) => {
    if (only.length > 0) return only.includes(id) || optional.includes(id);
    return isOptional !== true || optional.includes(id);
  });
  for (const { id } of chosen) want(id);
  for (const check of registry) if (check.essential === true) wanted.add(check.id);
  return registry.filter(({ id }) => wanted.has(id));
}
