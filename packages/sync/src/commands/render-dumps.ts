/** Dumps as text for people. */
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMinute,
  plural,
} from "@pilot-light/core/output/format";
import type { Column } from "@pilot-light/core/output/layout";
import type { Printer } from "@pilot-light/core/output/printer";
import { shell } from "@pilot-light/core/output/shell";
import type { DumpContents, Manifest } from "../archive/manifest.ts";
import { describeMark } from "../read/copy-mark.ts";
import type { Dump, DumpList, Verification } from "../dumps/documents.ts";

const listColumns: readonly Column[] = [
  {},
  {},
  { align: "right" },
  { align: "right" },
  { align: "right" },
  {},
  { wraps: true },
];

/** Prints the newest dumps, each as a line. */
export function printDumpList(
  { bucket, dumps, total }: DumpList,
  { system }: { system?: string | undefined },
  printer: Printer,
): void {
  const what = system === undefined ? "dump" : `${system} dump`;
  const shown = `newest ${formatCount(dumps.length)}`;
  const right =
    total === null
      ? `${shown}; there are more`
      : total === dumps.length
        ? plural(total, what)
        : `${shown} of ${plural(total, what)}`;
  printer.row({ label: "", text: printer.colors.bold(`Dumps  s3://${bucket}`), right });
  printer.line();
  if (dumps.length === 0) {
    printer.line("  No dump. A sync creates one:  pnpm sync neon-to-rds --dry-run");
    return;
  }
  const head = ["dump (time in UTC)", "kind", "size", "tables", "rows", "verified", "expires, created by"];
  printer.table(listColumns, [head, ...dumps.map((dump) => listRow(dump, printer))]);
  const remarks = dumps.flatMap(({ key, problem, changed }) =>
    [problem, changed].flatMap((remark) => (remark === null ? [] : [`${shortKey(key)}: ${remark}`])),
  );
  if (remarks.length === 0) return;
  printer.line();
  for (const text of remarks) printer.row({ label: `  ${printer.colors.yellow("!")} `, text });
}

/** A key without its ending. Every command accepts it. */
function shortKey(key: string): string {
  return key.replace(/\.dump$/, "");
}

function listRow(dump: Dump, printer: Printer): string[] {
  const { key, status, kind, bytes, tables, rows, verified, createdBy, expiresAt } = dump;
  const { yellow } = printer.colors;
  return [
    shortKey(key),
    status === "complete" ? (kind ?? "") : yellow(status.toUpperCase()),
    bytes === null ? "-" : formatBytes(bytes),
    tables === null ? "-" : formatCount(tables),
    rows === null ? "-" : formatCount(rows),
    describeVerified(dump, verified),
    [expiresAt === null ? "-" : expiresAt.slice(0, 10), shortArn(createdBy ?? "")]
      .filter((part) => part !== "")
      .join(", "),
  ];
}

function describeVerified({ kind, status }: Dump, verified: Dump["verified"]): string {
  if (status !== "complete") return "-";
  if (verified === null) return kind === "backup" ? "read" : "-";
  return verified === "checksums" ? "hashes" : "counts";
}

/** `arn:aws:sts::123456789012:assumed-role/dev/me` -> `assumed-role/dev/me`. */
function shortArn(arn: string): string {
  return arn.split(":").slice(5).join(":") || arn;
}

/** A name and its value, such as `  dumped   neondb @ ...`. */
function printFact(name: string, text: string, printer: Printer): void {
  printer.row({ label: `  ${name.padEnd(13)}`, text });
}

/** The order of the steps in the table. A manifest lists them by their end, and some run at the same time. */
const stepOrder: readonly string[] = ["dump", "archive", "backup", "restore", "verify", "settings", "swap"];

/** Prints a dump and its manifest. */
export function printDump(dump: Dump, manifest: Manifest | null, printer: Printer): void {
  const { bold, yellow } = printer.colors;
  const fact = (name: string, text: string) => printFact(name, text, printer);
  printer.row({ label: "", text: bold(`Dump  ${dump.uri}`) });
  printer.line();
  const size = dump.bytes === null ? "no dump, only a manifest" : formatBytes(dump.bytes);
  const expiry =
    dump.expiresAt === null ? "" : `, deleted by the bucket's rule on ${dump.expiresAt.slice(0, 10)}`;
  fact("created", `${formatMinute(dump.createdAt)} UTC${expiry}`);
  fact("size", size);
  if (manifest === null) {
    printer.row({ label: `  ${yellow("!")} `, text: `${dump.status}: ${dump.problem ?? ""}` });
    return;
  }
  const { contents, database, direction, restored, target, verified, durations } = manifest;
  fact(
    "kind",
    manifest.kind === "archive"
      ? "archive: the source of a sync"
      : "backup: a target, before it was replaced",
  );
  fact(
    "dumped",
    `${database.system}  ${database.name} @ ${database.host}, PostgreSQL ${database.serverVersion}`,
  );
  if (target !== undefined) fact("restored to", `${target.system}  ${target.name} @ ${target.host}`);
  const marks = [
    ...(database.mark === undefined ? [] : [`the dump ${describeMark(database.mark)}`]),
    ...(target?.mark === undefined ? [] : [`the new target ${describeMark(target.mark)}`]),
  ];
  if (marks.length > 0) fact("changed copy", marks.join("; "));
  const { onlySchemas, withoutRows = [] } = verified ?? contents ?? {};
  if (onlySchemas !== undefined) fact("only schemas", onlySchemas.join(", "));
  if (withoutRows.length > 0) fact("without rows", withoutRows.join(", "));
  const run = restored === undefined ? { name: "sync", of: direction } : { name: "restore", of: restored };
  fact(run.name, `${run.of ?? ""}, by ${manifest.createdBy}`);
  fact("pg_dump", manifest.clientVersion);
  fact("sha256", manifest.sha256);
  printer.line();
  if (verified !== undefined) {
    printTables(verified, printer);
  } else if (contents !== undefined) {
    printTables(contents, printer, "No copy of this backup was verified. Its snapshot contained");
  } else {
    printer.row({
      label: "  ",
      text: "The tables of this backup were not counted. pg_restore read the complete dump.",
    });
  }
  printer.line();
  const steps = Object.entries(durations)
    .sort(([a], [b]) => stepOrder.indexOf(a) - stepOrder.indexOf(b))
    .map(([step, milliseconds]) => [step, formatDuration(milliseconds)]);
  if (steps.length > 0) {
    printer.table([{ least: 24 }, {}], [["step", "duration"], ...steps]);
    printer.line();
  }
  printer.line(`  To check every byte:  ${shell`pnpm dumps verify ${shortKey(dump.key)}`}`);
}

function printTables(
  { depth, tables, sequences, schemaObjects }: DumpContents,
  printer: Printer,
  outcome?: string,
): void {
  const rows = Object.entries(tables)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([table, { rows: count }]) => [table.replaceAll(/\s/g, " "), formatCount(count)]);
  printer.table([{ least: 24 }, { align: "right" }], [["table", "rows"], ...rows]);
  printer.line();
  const how = depth === "checksums" ? "rows and hashes" : "row counts";
  const what = [
    plural(rows.length, "table"),
    plural(sequences.length, "sequence"),
    plural(schemaObjects, "schema object"),
  ];
  const sentence = outcome ?? `The restored copy was verified (${how})`;
  printer.row({ label: "  ", text: `${sentence}: ${what.join(", ")}.` });
}

/** Prints what a check of a dump found. */
export function printVerification({ dump, problems, sha256, tables }: Verification, printer: Printer): void {
  const { bold, green, red } = printer.colors;
  printer.line();
  if (problems.length === 0) {
    const text = `Intact: ${dump.uri}`;
    printer.row({ label: "  ", text: bold(green(text)) });
    printFact("sha256", `${sha256}, as the manifest states`, printer);
    printFact("contents", `${plural(tables ?? 0, "table")}; pg_restore read every byte`, printer);
    return;
  }
  printer.row({ label: "  ", text: bold(red(`DAMAGED: ${dump.uri}`)) });
  for (const problem of problems) printer.row({ label: `  ${red("✗")} `, text: problem });
  printer.line("  Do not restore this dump. To list the others:  pnpm dumps list");
}

/** Prints where a dump was downloaded to. */
export function printDownload(
  { dump, file, sha256 }: { dump: Dump; file: string; sha256: string },
  printer: Printer,
): void {
  printer.line();
  printFact("file", file, printer);
  printFact("dump", dump.uri, printer);
  printFact("sha256", `${sha256}, as the manifest states`, printer);
}
