/** The options of a sync as the command line states them, those that decide what is copied, and what becomes of the target. */
import type { CommandOutcome } from "@pilot-light/core/cli/command";
import { plural } from "@pilot-light/core/output/format";
import { commandLine } from "@pilot-light/core/process";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { Plan, SyncResult } from "../documents.ts";
import type { SyncOptions } from "../options.ts";
import { givenAllowances } from "../plan/rules/index.ts";
import { filterToNeon } from "../plan/script-errors.ts";
import { describeCopied, undoCommand } from "./render.ts";

/** What the command line states. */
export type SyncCommandOptions = Omit<SyncOptions, "script" | "excludeTableData" | "schema"> & {
  dryRun: boolean;
  yes: boolean;
  schema?: string[] | undefined;
  excludeTableData?: string[] | undefined;
  /** Path of a script. */
  afterRestore?: string | undefined;
};

/** The options that decide what is copied: a command that is shown without them would copy something else. */
export function contentFlags({
  schema,
  excludeTableData,
  afterRestore,
}: Pick<SyncCommandOptions, "schema" | "excludeTableData" | "afterRestore">): string[] {
  return [
    ...filterFlags({ schema, excludeTableData }),
    ...(afterRestore === undefined ? [] : [commandLine("--after-restore", [afterRestore])]),
  ];
}

/** The options that filter, each with its pattern. */
export function filterArguments({
  schema = [],
  excludeTableData = [],
}: {
  schema?: readonly string[] | undefined;
  excludeTableData?: readonly string[] | undefined;
}): [option: string, pattern: string][] {
  const each = (option: string, patterns: readonly string[]) =>
    patterns.map((pattern): [string, string] => [option, pattern]);
  return [...each("--schema", schema), ...each("--exclude-table-data", excludeTableData)];
}

/** The flags that were given already: a command that is shown without them would be refused again. */
export function safetyFlags(options: Readonly<Record<string, unknown>>): string[] {
  return [
    ...givenAllowances(options).map((option) => `--${option}`),
    ...(options["targetBackup"] === false ? ["--no-target-backup"] : []),
    ...(typeof options["keepBranch"] === "number" ? [`--keep-branch=${options["keepBranch"]}`] : []),
    ...(options["inPlace"] === true ? ["--in-place"] : []),
    ...(options["dropPreviousFirst"] === true ? ["--drop-previous-first"] : []),
  ];
}

/** The options that filter, each as a shell reads it. */
function filterFlags(given: Pick<SyncCommandOptions, "schema" | "excludeTableData">): string[] {
  return filterArguments(given).map(([option, pattern]) => commandLine(option, [pattern]));
}

/** @throws OpsError FILTER_TO_NEON (precondition) */
export function assertFilterFits(
  given: Pick<SyncCommandOptions, "schema" | "excludeTableData">,
  target: DatabaseSystem,
): void {
  const flags = filterFlags(given);
  if (target === "neon" && flags.length > 0) throw filterToNeon({ flags });
}

/** What a sync that has ended has made of the target: "is verified to be equal to neon". */
function describeEquality(plan: Plan): string {
  const { afterRestore } = plan;
  const equal = `equal to ${describeCopied(plan)}`;
  if (afterRestore === null) return `is verified to be ${equal}`;
  return `was verified to be ${equal}, then ${afterRestore.file} changed it`;
}

/** How a command ends that has synced. */
export function syncedOutcome(plan: Plan, result: SyncResult): CommandOutcome {
  const { target } = plan;
  return {
    outcome: "synced",
    document: { plan, result },
    summary: `${target.database} on ${target.system} ${describeEquality(plan)}: ${plural(result.tables, "table")}, ${plural(result.rows, "row")}.`,
    next: [{ purpose: "to undo", command: undoCommand(plan) }],
  };
}
