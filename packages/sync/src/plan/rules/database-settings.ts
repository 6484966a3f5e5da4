/**
 * Rule: the new database gets all settings of the target, which keeps its own. The plan names those of the source that the target does
 * not have. Values are never printed: they are often secrets.
 */
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { DatabaseSetting } from "../../read/database-facts.ts";
import type { DatabasesRule, Finding } from "./rule.ts";

const settingsNotSettable = defineError<{
  system: DatabaseSystem;
  role: string;
  settings: readonly string[];
}>({
  code: "SETTINGS_NOT_SETTABLE",
  failure: "precondition",
  meaning:
    "An administrator gave the target settings that the role of the sync may not give to the new database.",
  remedy:
    "As an administrator: `grant set on parameter <name> to <role>;` (PostgreSQL 15 and newer), or reset the setting. To do without it, add `--allow-lost-settings`.",
  message: ({ system, role }) =>
    `${system}: the role ${role} may not give the new database settings that the target has.`,
  details: ({ settings }) => settings,
  hint: ({ role }) => `As an administrator:  grant set on parameter <name> to ${role};`,
});

export const databaseSettings: DatabasesRule<"allow-lost-settings"> = {
  id: "database-settings",
  needs: "databases",
  errors: { settingsNotSettable },
  allow: {
    option: "allow-lost-settings",
    describe: "Sync even if the new database loses settings that only an administrator may set",
    meaning:
      "An administrator made settings with `alter database ... set`, which nobody needs or which the administrator sets again after the sync.",
  },
  check: ({ direction, source: { facts: source }, target: { facts: target } }) => {
    const findings: Finding[] = [];
    const lost = target.settings.filter(({ isSettable }) => !isSettable).map(nameOf);
    if (lost.length > 0) {
      const facts = { system: direction.target, role: target.role, settings: lost };
      findings.push({ refusal: settingsNotSettable(facts) });
    }
    const kept = new Map(target.settings.map((setting) => [nameOf(setting), setting.value]));
    const different = source.settings.filter((setting) => kept.get(nameOf(setting)) !== setting.value);
    if (different.length > 0) {
      const names = different.map(nameOf).join(", ");
      findings.push({
        note: `${direction.target} keeps its own settings of the database, which are others than those of ${direction.source}: ${names}`,
      });
    }
    return findings;
  },
};

/** `search_path`, or `statement_timeout of the role app`. */
function nameOf({ role, name }: DatabaseSetting): string {
  return role === null ? name : `${name} of the role ${role}`;
}
