/** The list of preflight rules, in the order in which their findings are reported, and the functions that apply them. */
import type { OpsError } from "@pilot-light/core/ops-error";
import { changedCopyRule } from "./changed-copy.ts";
import { collations } from "./collations.ts";
import { connections } from "./connections.ts";
import { databaseSettings } from "./database-settings.ts";
import { dumpVersion } from "./dump-version.ts";
import { encoding } from "./encoding.ts";
import { extensions } from "./extensions.ts";
import { filteredTarget, filters } from "./filters.ts";
import { functionSettings } from "./function-settings.ts";
import { inPlace } from "./in-place.ts";
import { objectsLeftOut } from "./objects-left-out.ts";
import { owners } from "./owners.ts";
import { pinnedTarget } from "./pinned-target.ts";
import { previousTargets } from "./previous-targets.ts";
import { privileges } from "./privileges.ts";
import { readable } from "./readable.ts";
import { recreatedTarget } from "./recreated-target.ts";
import { roles } from "./roles.ts";
import { rowLoss } from "./row-loss.ts";
import { rowSecurity } from "./row-security.ts";
import { room } from "./room.ts";
import { schemas } from "./schemas.ts";
import type { DatabasesFacts, Finding, AvoidingOption, Rule, RowsFacts } from "./rule.ts";
import { sessions } from "./sessions.ts";
import { stagingDatabase } from "./staging-database.ts";
import { superuser } from "./superuser.ts";
import { versions } from "./versions.ts";

export type { Rule } from "./rule.ts";
export { refuseChangedCopy } from "./changed-copy.ts";

export const rules = [
  changedCopyRule,
  schemas,
  versions,
  dumpVersion,
  encoding,
  stagingDatabase,
  pinnedTarget,
  inPlace,
  room,
  sessions,
  connections,
  readable,
  rowSecurity,
  roles,
  databaseSettings,
  extensions,
  collations,
  superuser,
  functionSettings,
  owners,
  privileges,
  objectsLeftOut,
  recreatedTarget,
  previousTargets,
  filters,
  filteredTarget,
  rowLoss,
] as const satisfies readonly Rule[];

/** Name of an option that allows what a rule refuses. */
export type AllowOption = NonNullable<(typeof rules)[number]["allow"]>["option"];

type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** Which flags were given, as yargs names their options: `{ allowShrink: true }`. */
type GivenFlags = { [Option in AllowOption as CamelCase<Option>]?: boolean };

export interface Allowed extends GivenFlags {
  /** The command with one more flag, for hints. Default: `pnpm sync <direction> --<option>`. */
  commandAllowing?: (option: AllowOption) => string;
  /** The command with an option that avoids the refusal, for hints. Default: `pnpm sync <direction> --<option>`. */
  commandWith?: (option: AvoidingOption) => string;
}

/** Everything that the rules found. */
export interface Findings {
  refusals: OpsError[];
  notes: string[];
  skippedExtensions: string[];
  /** The most jobs that the sync may use; undefined when any number is possible. */
  jobs?: number;
}

/** Checks the rules about both databases. Pure. */
export function checkDatabases(facts: DatabasesFacts, allowed: Allowed): Findings {
  return collect(
    rules.flatMap((rule) =>
      rule.needs === "databases" ? apply(rule, rule.check(facts), facts, allowed) : [],
    ),
  );
}

/** Checks the rules about the numbers of rows. Pure. */
export function checkRows(facts: RowsFacts, allowed: Allowed): Findings {
  return collect(
    rules.flatMap((rule) => (rule.needs === "rows" ? apply(rule, rule.check(facts), facts, allowed) : [])),
  );
}

/** The options that allow refusals, for the commands and docs/flags.md. */
export const allowances = (rules as readonly Rule[]).flatMap(({ allow, errors = {} }) =>
  allow === undefined
    ? []
    : [{ ...allow, option: allow.option as AllowOption, codes: Object.values(errors).map(codeOf) }],
);

/** Which flags were given to a command that runs a sync as a part. */
export function allowedFlags(isGiven: (option: AllowOption) => boolean): GivenFlags {
  return Object.fromEntries(allowances.map(({ option }) => [camelCase(option), isGiven(option)]));
}

/** Those of the given options that allow refusals. */
export function givenAllowances(options: Readonly<Record<string, unknown>>): AllowOption[] {
  return allowances.map(({ option }) => option).filter((option) => options[camelCase(option)] === true);
}

function codeOf({ entry }: { entry: { code: string } }): string {
  return entry.code;
}

/** Turns a refusal into a note if its flag is given. If not, the hint of the refusal names the flag. */
function apply(
  { allow }: Rule,
  findings: readonly Finding[],
  { direction }: Pick<RowsFacts, "direction">,
  allowed: Allowed,
): readonly Finding[] {
  const commandWith =
    allowed.commandWith ?? ((option: AvoidingOption) => `pnpm sync ${direction.name} --${option}`);
  const withAvoidingCommand = (finding: Finding): Finding => {
    if (!("refusal" in finding) || finding.avoidedBy === undefined) return finding;
    const command = `${purposes[finding.avoidedBy]}:  ${commandWith(finding.avoidedBy)}`;
    return { refusal: withCommand(finding.refusal, command) };
  };
  if (allow === undefined) return findings.map(withAvoidingCommand);
  const commandAllowing =
    allowed.commandAllowing ?? ((option: AllowOption) => `pnpm sync ${direction.name} --${option}`);
  const isAllowed = new Map(Object.entries(allowed)).get(camelCase(allow.option)) === true;
  return findings.map((found) => {
    const finding = withAvoidingCommand(found);
    if (!("refusal" in finding)) return finding;
    if (isAllowed) return { note: `allowed by --${allow.option}: ${asFragment(finding.refusal.message)}` };
    const command = `To sync anyway:  ${commandAllowing(allow.option as AllowOption)}`;
    return { refusal: withCommand(finding.refusal, command) };
  });
}

/** The purpose of an option, as a hint states it. */
const purposes = {
  "in-place": "Without a staging database",
  "drop-previous-first": "To drop the previous targets first",
} as const satisfies Record<AvoidingOption, string>;

/** The error with a command at the end of its hint. */
function withCommand(refusal: OpsError, command: string): OpsError {
  const { hint } = refusal;
  if (hint === undefined) return refusal.with({ hint: command });
  // Of the parts between two spaces, every second one is a command.
  const gap = hint.split(/ {2,}/).length % 2 === 0 ? "    " : " ";
  return refusal.with({ hint: `${hint}${gap}${command}` });
}

function collect(findings: readonly Finding[]): Findings {
  const jobs = findings.flatMap((finding) => ("jobs" in finding ? [finding.jobs] : []));
  return {
    refusals: findings.flatMap((finding) => ("refusal" in finding ? [finding.refusal] : [])),
    notes: findings.flatMap((finding) => ("note" in finding ? [finding.note] : [])),
    skippedExtensions: findings.flatMap((finding) =>
      "skippedExtension" in finding ? [finding.skippedExtension] : [],
    ),
    ...(jobs.length === 0 ? {} : { jobs: Math.min(...jobs) }),
  };
}

function camelCase(option: string): string {
  return option.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** "The target has 3 rows." -> "the target has 3 rows". */
function asFragment(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, "")}`;
}
