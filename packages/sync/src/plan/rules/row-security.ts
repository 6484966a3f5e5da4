/**
 * Rule: the role sees every row that it has to dump. Row-level security hides rows from a role without BYPASSRLS that does not own the
 * table. If it is forced, it hides them from the owner as well. Then pg_dump refuses the table, and a count would be too low.
 */
import { plural } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import { dumpedSides, type DatabasesRule } from "./rule.ts";

const rowSecurityForced = defineError<{
  system: DatabaseSystem;
  role: string;
  tables: readonly string[];
  isTarget: boolean;
}>({
  code: "ROW_SECURITY_FORCED",
  failure: "precondition",
  meaning: "Row-level security hides rows of tables from the role of the sync, which has to dump them.",
  remedy:
    "As an administrator: `alter role <role> bypassrls;`. If only tables of the target are affected, `--no-target-backup` syncs without a backup.",
  message: ({ system, role, tables }) =>
    `${system}: row-level security hides rows of ${plural(tables.length, "table")} from the role ${role}, so pg_dump refuses to dump ${tables.length === 1 ? "it" : "them"}.`,
  details: ({ tables }) => tables,
  hint: ({ role, isTarget }) =>
    `${isTarget ? "To skip the backup of the target, add  --no-target-backup    Or, as" : "As"} an administrator:  alter role ${ident(role)} bypassrls;`,
});

export const rowSecurity: DatabasesRule = {
  id: "row-security",
  needs: "databases",
  errors: { rowSecurityForced },
  check: (facts) =>
    dumpedSides(facts).flatMap(({ system, side, isTarget }) => {
      const tables = side.tables.filter(({ hidesRows }) => hidesRows).map(({ identity }) => identity);
      if (tables.length === 0) return [];
      return [{ refusal: rowSecurityForced({ system, role: side.facts.role, tables, isTarget }) }];
    }),
};
