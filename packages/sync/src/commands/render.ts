/** Plans and results as text for people. */
import type { Printer } from "@pilot-light/core/output/printer";
import { formatBytes, formatCount, formatDuration, plural } from "@pilot-light/core/output/format";
import type { SyncResult } from "../job.ts";
import type { Plan, PlannedSide, PlannedTable } from "../plan/plan.ts";

/** Tables that keep their number of rows are summed up from this many on. */
const fewTables = 12;

/** Prints the plan. */
export function printPlan(plan: Plan, printer: Printer, { dryRun }: { dryRun: boolean }): void {
  const { bold, dim, yellow } = printer.colors;
  const head = `Sync  ${plan.source.system} -> ${plan.target.system}`;
  printer.line(
    `${bold(head)}${dryRun ? `${" ".repeat(Math.max(2, 76 - head.length))}dry run, nothing is written` : ""}`,
  );
  printer.line();
  printer.line(`  source   ${describeSide(plan.source)}`);
  printer.line(`  target   ${describeSide(plan.target)}`);
  printer.line(`  archive  ${plan.archive}`);
  printer.line(
    `  backup   ${plan.backup === null ? "none (--no-target-backup)" : `${plan.backup}   (of the target, before it is replaced)`}`,
  );
  printer.line(`  mode     ${plan.mode.name}: ${plan.mode.description}`);
  printer.line();
  printTables(plan.tables, printer);
  for (const name of plan.removedObjects) printer.line(`  REMOVED (only in the target): ${name}`);
  if (plan.removedObjects.length > 0) printer.line();
  for (const note of plan.notes) printer.line(`  ${yellow("!")} ${note}`);
  if (plan.notes.length > 0) printer.line();
  printer.line(
    dim(
      `  About ${Math.ceil(plan.estimatedDuration / 1000)} s; the target is unavailable for less than 1 s at the end.`,
    ),
  );
}

function describeSide({ system, database, host, port, version, bytes, notes }: PlannedSide): string {
  const where = `${system.padEnd(5)} ${database} @ ${host}:${port}`;
  return `${where}   PostgreSQL ${version}, ${formatBytes(bytes)}${notes.length > 0 ? `   (${notes.join("; ")})` : ""}`;
}

function printTables(tables: readonly PlannedTable[], printer: Printer): void {
  const { bold, dim, red } = printer.colors;
  const unchanged = tables.filter(({ sourceRows, targetRows }) => sourceRows === targetRows);
  const quiet = printer.verbose || tables.length <= fewTables ? [] : unchanged;
  const shown = tables.filter((table) => !quiet.includes(table));
  const width = Math.max(24, ...shown.map(({ table }) => oneLine(table).length));
  const rows = (count: number | null, missing: boolean) =>
    (missing ? "-" : count === null ? "hidden" : formatCount(count)).padStart(14);
  const words = { replaced: "replaced", new: "new", removed: "REMOVED (only in the target)" };
  printer.line(`  ${"table".padEnd(width)}${"source rows".padStart(14)}${"target rows".padStart(14)}`);
  for (const { table, sourceRows, targetRows, change } of shown) {
    const word = change === "removed" ? bold(red(words.removed)) : words[change];
    printer.line(
      `  ${oneLine(table).padEnd(width)}${rows(sourceRows, change === "removed")}${rows(targetRows, change === "new")}     ${word}`,
    );
  }
  if (quiet.length > 0) {
    printer.line(dim(`  ${plural(quiet.length, "more table")} with unchanged counts: --verbose lists them`));
  }
  printer.line();
}

/** Names may hold line breaks. */
function oneLine(text: string): string {
  return text.replaceAll(/\s/g, " ");
}

/** Prints what a finished sync did and how it is taken back. */
export function printResult(plan: Plan, result: SyncResult, milliseconds: number, printer: Printer): void {
  const { bold, green } = printer.colors;
  const how = plan.verify === "checksums" ? "rows and hashes" : "row counts";
  printer.line();
  printer.line(
    bold(
      green(
        `  Synced: ${plan.target.system} is verified equal to ${plan.source.system}, in ${formatDuration(milliseconds)}.`,
      ),
    ),
  );
  printer.line();
  printer.line(
    `  verified     ${plural(result.tables, "table")}, ${plural(result.rows, "row")} (${how}), ${plural(result.sequences, "sequence")}, ${plural(result.schemaObjects, "schema object")}`,
  );
  printer.line(`  unavailable  ${formatDuration(result.unavailable)}`);
  printer.line(`  dump         ${plan.archive}  (${formatBytes(result.archiveBytes)})`);
  if (plan.backup !== null) {
    printer.line(
      `  backup       ${plan.backup}  (${formatBytes(result.backupBytes ?? 0)}, the target as it was)`,
    );
  }
  printer.line(`  to undo      pnpm sync undo ${plan.target.system}`);
  for (const warning of result.warnings) printer.warn(warning);
}
