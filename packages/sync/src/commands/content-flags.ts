/** What a sync has in common on this machine and on Fargate: its options, its options as flags in the commands that it prints, its outcome. */
import type { CommandOutcome } from "@pilot-light/core/cli/command";
import { plural } from "@pilot-light/core/output/format";
import { commandLine } from "@pilot-light/core/process";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { Plan, SyncResult } from "../documents.ts";
import type { SyncOptions } from "../options.ts";
import { givenAllowances } from "../plan/rules/index.ts";
import { filterToNeon } from "../plan/script-errors.ts";
import { describeCopied, undoCommand } from "./render.ts";

/** The options of the command line. */
export type SyncCommandOptions = Omit<SyncOptions, "script" | "excludeTableData" | "schema"> & {
  dryRun: boolean;
  yes: boolean;
  schema?: string[] | undefined;
  excludeTableData?: string[] | undefined;
  /** Path of a script. */
  afterRestore?: string | undefined;
};

/** The flags that decide what is copied: a printed command without them would copy something else. */
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

/** The filters as arguments: each option with its pattern. */
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

/** The flags for safety that the person gave: a printed command without them would be refused again. */
export function safetyFlags(options: Readonly<Record<string, unknown>>): string[] {
  return [
    ...givenAllowances(options).map((option) => `--${option}`),
    ...(options["targetBackup"] === false ? ["--no-target-backup"] : []),
    ...(typeof options["keepBranch"] === "number" ? [`--keep-branch=${options["keepBranch"]}`] : []),
    ...(options["inPlace"] === true ? ["--in-place"] : []),
    ...(options["dropPreviousFirst"] === true ? ["--drop-previous-first"] : []),
  ];
}

/** The filters as a shell reads them. */
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

/** What a finished sync states about the target, such as "is verified to be equal to neon". */
function describeEquality(plan: Plan): string {
  const { afterRestore } = plan;
  const equal = `equal to ${describeCopied(plan)}`;
  if (afterRestore === null) return `is verified to be ${equal}`;
  return `was verified to be ${equal}, then ${afterRestore.file} changed it`;
}

/** The outcome of a command that has synced. */
export function syncedOutcome(plan: Plan, result: SyncResult): CommandOutcome {
  const { target } = plan;
  return {
    outcome: "synced",
    document: { plan, result },
    summary: `${target.database} on ${target.system} ${describeEquality(plan)}: ${plural(result.tables, "table")}, ${plural(result.rows, "row")}.`,
    next: [{ purpose: "to undo", command: undoCommand(plan) }],
  };
}
