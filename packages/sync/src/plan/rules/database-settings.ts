/**
 * Rule: the new database gets all settings of the target. The plan names the settings of the source that differ from those of the target. Values
 * are never printed, because they are often secrets.
 */
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { DatabaseSetting } from "../../read/database-facts.ts";
import type { DatabasesRule, Finding } from "./rule.ts";

const settingsNotSettable = defineError<{
  system: DatabaseSystem;
  role: string;
  settings: readonly string[];
}>({
  code: "SETTINGS_NOT_SETTABLE",
  failure: "precondition",
  meaning: "The target has settings that the role of the sync may not copy to the new database.",
  remedy:
    "As an administrator: `grant set on parameter <name> to <role>;` (PostgreSQL 15 and newer), or reset the setting. To sync without these settings, add `--allow-lost-settings`.",
  message: ({ system, role }) =>
    `${system}: the target has settings that the role ${role} may not copy to the new database.`,
  details: ({ settings }) => settings,
  hint: ({ role }) => `As an administrator:  grant set on parameter <name> to ${ident(role)};`,
});

export const databaseSettings: DatabasesRule<"allow-lost-settings"> = {
  id: "database-settings",
  needs: "databases",
  errors: { settingsNotSettable },
  allow: {
    option: "allow-lost-settings",
    describe: "Sync even if the new database loses settings that only an administrator may set",
    meaning: "Nobody needs these settings, or an administrator sets them again after the sync.",
  },
  check: ({ direction, inPlace, source: { facts: source }, target: { facts: target } }) => {
    const findings: Finding[] = [];
    // In place, the database remains, and keeps its settings.
    const lost = (inPlace === undefined ? target.settings : [])
      .filter(({ isSettable }) => !isSettable)
      .map(nameOf);
    if (lost.length > 0) {
      const facts = { system: direction.target, role: target.role, settings: lost };
      findings.push({ refusal: settingsNotSettable(facts) });
    }
    const kept = new Map(target.settings.map((setting) => [nameOf(setting), setting.value]));
    const different = source.settings.filter((setting) => kept.get(nameOf(setting)) !== setting.value);
    if (different.length > 0) {
      const names = different.map(nameOf).join(", ");
      findings.push({
        note: `${direction.target} keeps its own settings of the database, which differ from those of ${direction.source}: ${names}`,
      });
    }
    return findings;
  },
};

/** `search_path`, or `statement_timeout of the role app`. */
function nameOf({ role, name }: DatabaseSetting): string {
  return role === null ? name : `${name} of the role ${role}`;
}
