/**
 * Rule: the source of a sync to Neon is not a changed copy. Production reads Neon. Every command that writes to Neon calls
 * `refuseChangedCopy`.
 */
import { defineError, type OpsError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { describeMark, type CopyMark } from "../../read/copy-mark.ts";
import type { DatabasesRule } from "./rule.ts";

const changedCopy = defineError<{ what: string; mark: CopyMark }>({
  code: "CHANGED_COPY",
  failure: "precondition",
  meaning:
    "The source is a changed copy: a script changed its rows after the verification, or a filter left some out. Production would lose the original rows.",
  remedy:
    "Sync from Neon to RDS first, without `--after-restore` and without filters. To replace the rows of production with the changed ones, add `--allow-changed-copy`.",
  state: "nothing-written",
  message: ({ what, mark }) => `${what} must not reach Neon: it ${describeMark(mark)}.`,
  hint: () => "Production would lose the original rows.",
});

/**
 * Why a database or a dump must not reach a system; undefined if it may.
 * @param source its name as the beginning of a sentence; its mark, from the facts of the database or from the manifest of the dump
 */
export function refuseChangedCopy(
  { what, mark }: { what: string; mark: CopyMark | undefined },
  target: DatabaseSystem,
): OpsError | undefined {
  return mark === undefined || target !== "neon" ? undefined : changedCopy({ what, mark });
}

export const changedCopyRule: DatabasesRule<"allow-changed-copy"> = {
  id: "changed-copy",
  needs: "databases",
  errors: { changedCopy },
  allow: {
    option: "allow-changed-copy",
    describe: "Sync to Neon even if rows of the source were changed or left out on purpose",
    meaning:
      "You want production to have the rows of the changed copy as they are. The backup in S3 and the previous target still hold the rows that production had.",
  },
  check: ({ direction, dump, source: { facts }, target }) => {
    const database = `database ${facts.database} on ${direction.source}`;
    const what = dump !== undefined ? `The dump of the ${database}` : `The ${database}`;
    const refusal = refuseChangedCopy({ what, mark: facts.mark }, direction.target);
    if (refusal !== undefined) return [{ refusal }];
    if (dump !== undefined && facts.mark !== undefined) {
      const note = `the dump is of a changed copy: it ${describeMark(facts.mark)}. ${direction.target} will be a changed copy as well, and must not reach Neon`;
      return [{ note }];
    }
    const { mark } = target.facts;
    if (mark === undefined) return [];
    // A person who masked the target may not expect the rows of production in it.
    const note = `${direction.target} is a changed copy at the moment: it ${describeMark(mark)}. Afterwards it differs from ${direction.source} only in what this sync changes or leaves out`;
    return [{ note }];
  },
};
