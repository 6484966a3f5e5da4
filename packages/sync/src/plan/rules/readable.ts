/** Rule: the role may read everything that pg_dump reads. pg_dump fails at the first table that it may not lock. */
import { plural, shortList } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import { dumpedSides, type DatabasesRule } from "./rule.ts";

export const notReadable = defineError<{
  system: DatabaseSystem;
  role: string;
  objects: readonly string[];
  isTarget: boolean;
}>({
  code: "NOT_READABLE",
  failure: "precondition",
  meaning: "The role of the sync may not read tables, sequences or large objects that pg_dump has to read.",
  remedy:
    "As an administrator: `grant pg_read_all_data to <role>;`, or, for large objects, `grant <owner> to <role>;`. For objects of the target, `--no-target-backup` skips the backup.",
  message: ({ system, role, objects }) =>
    `${system}: the role ${role} may not read ${plural(objects.length, "object")} that pg_dump has to read.`,
  details: ({ objects }) => shortList(objects),
  hint: ({ role, objects, isTarget }) => {
    const other = isTarget ? "To skip the backup of the target, add  --no-target-backup    Or, as" : "As";
    const grant = objects.every((object) => object.startsWith("large object "))
      ? `grant <owner of the large objects> to ${ident(role)};`
      : `grant pg_read_all_data to ${ident(role)};`;
    return `${other} an administrator:  ${grant}`;
  },
});

export const readable: DatabasesRule = {
  id: "readable",
  needs: "databases",
  errors: { notReadable },
  check: (facts) =>
    dumpedSides(facts).flatMap(({ system, side, isTarget }) => {
      const { role, unreadable: objects } = side.facts;
      return objects.length === 0 ? [] : [{ refusal: notReadable({ system, role, objects, isTarget }) }];
    }),
};
