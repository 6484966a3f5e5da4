/** Plans and results as text for people. */
import { formatBytes, formatCount, formatDuration, plural, shortList } from "@pilot-light/core/output/format";
import type { Column } from "@pilot-light/core/output/layout";
import type { Printer } from "@pilot-light/core/output/printer";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Plan, PlannedSide, PlannedTable, SyncResult, Undone } from "../documents.ts";
import { restoreBackupCommand } from "../read/restore-backup.ts";
import type { PlannedUndo } from "../undo.ts";

/** From this number of tables on, those with an unchanged number of rows are not listed. */
const fewTables = 12;

/** A name and its value, such as `  source   neon ...`. */
export function printFact(name: string, text: string, printer: Printer, width = 9): void {
  printer.row({ label: `  ${name.padEnd(width)}`, text });
}

/** Whether the copy must not reach Neon. */
function isMarked({ target, schemas, excludeTableData, afterRestore }: Plan): boolean {
  const isFiltered = schemas.length > 0 || excludeTableData.length > 0;
  return target.system !== "neon" && (isFiltered || afterRestore !== null);
}

/**
 * Prints the plan of a sync.
 * @param options.inTask whether a task inside AWS runs the sync. Default: no
 */
export function printPlan(
  plan: Plan,
  printer: Printer,
  { dryRun, inTask = false }: { dryRun: boolean; inTask?: boolean },
): void {
  const { bold } = printer.colors;
  const head = bold(`Sync  ${plan.source.system} -> ${plan.target.system}`);
  printer.row({ label: "", text: head, ...(dryRun ? { right: "dry run, nothing is written" } : {}) });
  printer.line();
  const backup = plan.backup ?? "none (--no-target-backup)";
  printSide("source", plan.source, printer);
  printSide("target", plan.target, printer);
  printFact("archive", plan.archive, printer);
  printFact(
    "backup",
    plan.backup === null ? backup : `${backup}   (of the target, before it is replaced)`,
    printer,
  );
  printRestorePoint(plan, printer, inTask);
  printFact("method", `${plan.mode.name}: ${plan.mode.description}`, printer);
  for (const { pattern, schemas } of plan.schemas) {
    printFact("filter", `only ${chosenSchemas(schemas)} (--schema ${pattern})`, printer);
  }
  for (const { pattern, tables } of plan.excludeTableData) {
    printFact(
      "filter",
      `no rows of ${shortList(tables).join(", ")} (--exclude-table-data ${pattern})`,
      printer,
    );
  }
  if (plan.schemas.length > 0) {
    const { database, system } = plan.target;
    printFact("", `afterwards ${database} on ${system} has nothing else`, printer);
  }
  printScript(plan, isMarked(plan), printer);
  printer.line();
  printEffects(plan, plan.notes, printer);
}

/** Prints the script of `--after-restore`, and that the target becomes a changed copy. */
export function printScript(
  { afterRestore, target }: Pick<Plan, "afterRestore" | "target">,
  marked: boolean,
  printer: Printer,
): void {
  if (afterRestore !== null) {
    const { file, sha256 } = afterRestore;
    printFact("script", `${file} changes the copy after its verification (SHA-256 ${sha256})`, printer);
  }
  if (marked) {
    printFact("", `from then on, ${target.system} is a changed copy and must not reach Neon`, printer);
  }
}

/** Prints the end of a plan: the tables, what only the target has, the notes, and how long the run takes. */
export function printEffects(
  plan: Pick<Plan, "tables" | "removedObjects" | "estimatedDurationMs" | "estimatedUnavailableMs" | "mode">,
  notes: readonly string[],
  printer: Printer,
  source: SourceWords = ofDatabase,
): void {
  const { bold, dim, red, yellow } = printer.colors;
  printTables(plan.tables, printer, source);
  for (const name of plan.removedObjects) {
    printer.row({ label: `  ${bold(red("REMOVED from the target:"))} `, text: name });
  }
  if (plan.removedObjects.length > 0) printer.line();
  for (const note of notes) printer.row({ label: `  ${yellow("!")} `, text: note });
  if (notes.length > 0) printer.line();
  printer.row({ label: "  ", text: dim(describeEstimate(plan)) });
}

/** How long the run takes, and how long other sessions wait. */
function describeEstimate({
  estimatedDurationMs,
  estimatedUnavailableMs,
  mode,
}: Pick<Plan, "estimatedDurationMs" | "estimatedUnavailableMs" | "mode">): string {
  const seconds = (milliseconds: number) => Math.ceil(milliseconds / 1000);
  const about = `About ${seconds(estimatedDurationMs)} s`;
  return mode.name === "staged"
    ? `${about}; the target is unavailable for less than 1 s at the end.`
    : `${about}; readers of the target wait for about ${seconds(estimatedUnavailableMs)} s of it.`;
}

/** The command that returns the target to its state before the sync. */
export function undoCommand({ backup, mode, target }: Pick<Plan, "backup" | "mode" | "target">): string {
  if (mode.name === "staged") return `pnpm sync undo ${target.system}`;
  return restoreBackupCommand({ backup: keyOf(backup ?? ""), system: target.system });
}

/** The key in `s3://bucket/key`. */
function keyOf(uri: string): string {
  return uri.replace(/^s3:\/\/[^/]+\//, "");
}

/** Prints the line about the restore point, which is created before the target changes. */
export function printRestorePoint(
  { restorePoint, target }: Pick<Plan, "restorePoint" | "target">,
  printer: Printer,
  inTask = false,
): void {
  if (target.system !== "neon") return;
  if (restorePoint === null) {
    const text = inTask
      ? "none; a task inside AWS does not get NEON_API_KEY, so it creates no restore point"
      : "none; with NEON_API_KEY, a branch of Neon is created first as a restore point";
    printFact("branch", text, printer);
    return;
  }
  const { name, branch, keepDays, project, projectFrom } = restorePoint;
  const found = projectFrom === "NEON_PROJECT_ID" ? "of NEON_PROJECT_ID" : "which has this host";
  printFact(
    "branch",
    `${name}   (restore point: ${branch} before the sync, for ${plural(keepDays, "day")})`,
    printer,
  );
  printFact("", `in the Neon project ${project}, ${found}; --keep-branch 0 creates no branch`, printer);
}

export function printSide(name: string, side: PlannedSide, printer: Printer): void {
  const { system, database, host, port, version, bytes, notes } = side;
  printFact(name, `${system.padEnd(4)}  ${database} @ ${host}:${port}`, printer);
  const details = notes.length > 0 ? `   (${notes.join("; ")})` : "";
  printFact("", `PostgreSQL ${version}, ${formatBytes(bytes)}${details}`, printer);
}

const tableColumns: readonly Column[] = [
  { least: 24 },
  { align: "right" },
  { align: "right" },
  // Names of tables are single words, which cannot be wrapped.
  { wraps: true },
];

/** Words of the column with the rows that replace the rows of the target. */
interface SourceWords {
  head: string;
  /** For a number that is not known. */
  unknown: string;
}

const ofDatabase: SourceWords = { head: "source rows", unknown: "hidden" };

function printTables(tables: readonly PlannedTable[], printer: Printer, source: SourceWords): void {
  const { bold, dim, red } = printer.colors;
  const unchanged = tables.filter(({ sourceRows, targetRows }) => sourceRows === targetRows);
  const quiet = printer.verbose || tables.length <= fewTables ? [] : unchanged;
  const words = { replaced: "replaced", new: "new", removed: bold(red("REMOVED from the target")) };
  const rows = tables
    .filter((table) => !quiet.includes(table))
    .map(({ table, sourceRows, targetRows, change }) => [
      oneLine(table),
      describeRows(sourceRows, change === "removed", source.unknown),
      describeRows(targetRows, change === "new", ofDatabase.unknown),
      words[change],
    ]);
  printer.table(tableColumns, [["table", source.head, "target rows", ""], ...rows]);
  if (quiet.length > 0) {
    const more = `${plural(quiet.length, "more table")} with unchanged numbers of rows: --verbose lists them`;
    printer.row({ label: "  ", text: dim(more) });
  }
  printer.line();
}

function describeRows(count: number | null, missing: boolean, unknown: string): string {
  if (missing) return "-";
  return count === null ? unknown : formatCount(count);
}

/** Names may contain line breaks. */
function oneLine(text: string): string {
  return text.replaceAll(/\s/g, " ");
}

/** What the copy contains of the source, such as "the schema app of neon without the excluded rows". */
export function describeCopied({
  excludeTableData,
  schemas,
  source,
}: Pick<Plan, "excludeTableData" | "schemas" | "source">): string {
  const names = [...new Set(schemas.flatMap((matched) => matched.schemas))];
  const what = names.length === 0 ? source.system : `${chosenSchemas(names)} of ${source.system}`;
  return excludeTableData.length === 0 ? what : `${what} without the excluded rows`;
}

function chosenSchemas(names: readonly string[]): string {
  return `the ${names.length === 1 ? "schema" : "schemas"} ${shortList(names).join(", ")}`;
}

/** Prints what a sync did and how to revert it. */
export function printResult(plan: Plan, result: SyncResult, milliseconds: number, printer: Printer): void {
  const { bold, green } = printer.colors;
  const { target } = plan;
  const how = plan.verify === "checksums" ? "rows and hashes" : "row counts";
  const verified = [
    plural(result.tables, "table"),
    `${plural(result.rows, "row")} (${how})`,
    plural(result.sequences, "sequence"),
    plural(result.schemaObjects, "schema object"),
  ];
  const fact = (name: string, text: string) => printFact(name, text, printer, 13);
  printer.line();
  const equal = `verified to be equal to ${describeCopied(plan)}`;
  const what =
    plan.afterRestore === null ? `is ${equal}` : `was ${equal}, then changed by ${plan.afterRestore.file}`;
  const head = `Synced: ${target.system} ${what}, in ${formatDuration(milliseconds)}.`;
  printer.row({ label: "  ", text: bold(green(head)) });
  printer.line();
  fact("verified", verified.join(", "));
  if (plan.afterRestore !== null && result.afterRestore !== null) {
    const { statements, changedTables } = result.afterRestore;
    const tables = changedTables.length === 0 ? [] : [shortList(changedTables).join(", ")];
    fact(
      "changed",
      [`${plural(statements, "statement")} of ${plan.afterRestore.file}`, ...tables].join(": "),
    );
    fact("", `SHA-256 ${plan.afterRestore.sha256}`);
  }
  fact(...waited(plan, result));
  fact("dump", `${plan.archive}   (${formatBytes(result.archiveBytes)})`);
  if (plan.backup !== null) {
    fact("backup", `${plan.backup}   (${formatBytes(result.backupBytes ?? 0)}, the previous target)`);
  }
  printBranch(result, fact);
  fact("to undo", undoCommand(plan));
  for (const warning of result.warnings) printer.warn(warning);
}

/** The line that states for how long the target was unavailable, or for how long its readers waited. */
export function waited({ mode }: Pick<Plan, "mode">, { unavailableMs }: SyncResult): [string, string] {
  const time = formatDuration(unavailableMs);
  return mode.name === "staged" ? ["unavailable", time] : ["readers", `waited for ${time}`];
}

/** Prints the line about the restore point that a sync has created. */
export function printBranch(
  { restorePoint }: Pick<SyncResult, "restorePoint">,
  fact: (name: string, text: string) => void,
): void {
  if (restorePoint === null) return;
  const { name, branch, expiresAt } = restorePoint;
  fact("branch", `${name}   (${branch} before the sync; Neon deletes it on ${expiresAt.slice(0, 10)})`);
}

/** Prints the plan of an undo. */
export function printUndoPlan(planned: PlannedUndo, printer: Printer): void {
  const { system, database } = planned.plan;
  const paragraph = (text: string) => printer.row({ label: "  ", text });
  printer.line(printer.colors.bold(`Undo  ${system}`));
  printer.line();
  if (planned.kind === "restore-point") {
    const { branch, name, createdAt, preserved, project } = planned.plan.restorePoint;
    const time = createdAt.slice(0, 16).replace("T", " ");
    paragraph(
      `The server has no previous target of the last sync to ${database}, but Neon has the restore point ${name}.`,
    );
    paragraph(
      `Neon replaces the branch ${branch} of the project ${project} with its state of ${time} UTC: ${database}, and every other database of the branch.`,
    );
    paragraph(
      `Neon keeps the present state of ${branch} as the branch ${preserved}. Sessions end, and new ones must wait for some seconds.`,
    );
    printer.line();
    return;
  }
  const { kind } = planned;
  const { previous, previousBytes } = planned.plan;
  paragraph(
    `${previous} (${formatBytes(previousBytes)}) gets the name ${database} again. It holds the state before the last ${kind === "undone" ? "undo" : "sync"}.`,
  );
  paragraph(
    `The present database ${database} is kept under another name. To return to it, run the same command again.`,
  );
  printer.line();
}

/** Prints what an undo did. */
export function printUndone({ plan, result, repaired }: Undone, printer: Printer): void {
  const paragraph = (text: string) => printer.row({ label: "  ", text });
  if (plan.restorePoint !== null) {
    const { branch, name, preserved } = plan.restorePoint;
    paragraph(`Undone: Neon has restored ${branch} to ${name}, and ${plan.database} accepts connections.`);
    paragraph(
      `The branch ${preserved} holds the replaced state. Neon now keeps ${name} until a person deletes it. When nobody needs these two branches, delete them in the Neon console.`,
    );
    return;
  }
  if (result === null) {
    // The repair is enough: an undo as well would revert the sync before the interrupted one.
    paragraph(`${repaired ?? ""}. The target is as it was before the interrupted command.`);
    return;
  }
  const { previous, unavailableMs } = result;
  paragraph(
    `Undone: ${plan.previous ?? ""} has the name ${plan.database} again. ${plan.database} was unavailable for ${formatDuration(unavailableMs)}.`,
  );
  paragraph(`The replaced database is ${previous}. No dump of it exists, so no sync drops it.`);
  paragraph(`When nobody needs it:  drop database ${ident(previous)};`);
}
