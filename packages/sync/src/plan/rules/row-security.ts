/**
 * Rule: the role sees every row that it has to dump. With row-level security forced, a role without BYPASSRLS sees fewer rows: pg_dump
 * refuses, and a count is too low.
 */
import { plural } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { DatabasesRule } from "./rule.ts";

const rowSecurityForced = defineError<{
  system: DatabaseSystem;
  role: string;
  tables: readonly string[];
  isTarget: boolean;
}>({
  code: "ROW_SECURITY_FORCED",
  failure: "precondition",
  meaning: "Row-level security is forced on tables that the sync has to dump, and hides rows from its role.",
  remedy:
    "As an administrator: `alter role <role> bypassrls;`. If only tables of the target are affected, `--no-target-backup` syncs without a backup.",
  message: ({ system, role, tables }) =>
    `${system}: row-level security is forced on ${plural(tables.length, "table")}, so the role ${role} cannot dump ${tables.length === 1 ? "it" : "them"} completely.`,
  details: ({ tables }) => tables,
  hint: ({ role, isTarget }) =>
    `${isTarget ? "To sync without a backup of the target, add --no-target-backup. Or, as" : "As"} an administrator:  alter role ${role} bypassrls;`,
});

export const rowSecurity: DatabasesRule = {
  id: "row-security",
  needs: "databases",
  errors: { rowSecurityForced },
  check: ({ direction, source, target, targetBackup }) => {
    const dumped = [
      { system: direction.source, side: source, isTarget: false },
      ...(targetBackup ? [{ system: direction.target, side: target, isTarget: true }] : []),
    ];
    return dumped.flatMap(({ system, side: { facts, tables }, isTarget }) => {
      const forced = tables.filter((table) => table.forcedRowSecurity).map((table) => table.identity);
      if (forced.length === 0 || facts.bypassesRowSecurity) return [];
      return [{ refusal: rowSecurityForced({ system, role: facts.role, tables: forced, isTarget }) }];
    });
  },
};
