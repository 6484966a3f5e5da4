/** A comparison as text for people. */
import { formatCount, plural } from "@pilot-light/core/output/format";
import type { Column } from "@pilot-light/core/output/layout";
import type { Printer } from "@pilot-light/core/output/printer";
import type { ComparedObject, ComparedTable, Comparison } from "../compare/documents.ts";

/** How many objects, tables and sequences differ. */
export function countDifferences({ objects, tables, sequences }: Comparison) {
  const differ = (list: readonly { isEqual: boolean }[] | null) =>
    (list ?? []).filter(({ isEqual }) => !isEqual).length;
  return { objects: objects?.length ?? 0, tables: differ(tables), sequences: differ(sequences) };
}

export function printComparison(comparison: Comparison, printer: Printer): void {
  const { bold, green, red, yellow } = printer.colors;
  printer.line();
  printer.line(bold("Compare  neon and rds"));
  printer.line();
  for (const system of ["neon", "rds"] as const) {
    const { database, host, port, version } = comparison[system];
    printer.row({ label: `  ${system.padEnd(6)}`, text: `${database} @ ${host}:${port}` });
    printer.row({ label: " ".repeat(8), text: `PostgreSQL ${version}` });
  }
  printer.line();
  if (comparison.objects !== null) printObjects(comparison.objects, printer);
  if (comparison.tables !== null) printTables(comparison.tables, printer);
  if (comparison.sequences !== null) printSequences(comparison.sequences, printer);
  for (const note of comparison.notes) printer.row({ label: `  ${yellow("!")} `, text: note });
  if (comparison.notes.length > 0) printer.line();
  const { objects, tables, sequences } = countDifferences(comparison);
  if (objects + tables + sequences === 0) {
    printer.line(`  ${bold(green("Equal: neon and rds do not differ."))}`);
    printer.row({ label: "  compared  ", text: whatIsEqual(comparison) });
    return;
  }
  const counts = [
    ...(objects > 0 ? [plural(objects, "schema object")] : []),
    ...(tables > 0 ? [plural(tables, "table")] : []),
    ...(sequences > 0 ? [plural(sequences, "sequence")] : []),
  ];
  printer.row({ label: "  ", text: bold(red(`Different: ${counts.join(", ")}.`)) });
  printer.line("  To see what a sync would replace:  pnpm sync neon-to-rds --dry-run");
}

function whatIsEqual({ objects, tables, sequences }: Comparison): string {
  const rows = (tables ?? []).reduce((sum, { neonRows }) => sum + (neonRows ?? 0), 0);
  return [
    ...(objects === null ? [] : ["all definitions"]),
    ...(tables === null
      ? []
      : [`${plural(tables.length, "table")} with ${plural(rows, "row")} (rows and hashes)`]),
    ...(sequences === null ? [] : [plural(sequences.length, "sequence")]),
  ].join(", ");
}

const places = { "only-neon": "only on neon", "only-rds": "only on rds", different: "differs" } as const;

function printObjects(objects: readonly ComparedObject[], printer: Printer): void {
  const { dim, green, red } = printer.colors;
  const names = objects.map(({ kind, identity, problem }) => ({
    label: `  ${places[problem].padEnd(14)}`,
    text: oneLine(`${kind} ${identity}`),
  }));
  if (objects.some(({ diff }) => diff.length > 0)) printer.line(dim("  definitions: - on neon, + on rds"));
  for (const [index, { diff }] of objects.entries()) {
    const name = names[index];
    if (name !== undefined) printer.row(name);
    for (const line of diff) {
      const color = line.startsWith("-") ? red : line.startsWith("+") ? green : dim;
      printer.line(color(`      ${line}`));
    }
  }
  if (objects.length > 0) printer.line();
}

const tableColumns: readonly Column[] = [
  { least: 24 },
  { align: "right" },
  { align: "right" },
  { wraps: true },
];

function printTables(tables: readonly ComparedTable[], printer: Printer): void {
  const count = (rows: number | null) => (rows === null ? "-" : formatCount(rows));
  printSome(
    tables,
    ["table", "neon rows", "rds rows", ""],
    (table) => [oneLine(table.table), count(table.neonRows), count(table.rdsRows), describeTable(table)],
    "table",
    printer,
  );
}

function describeTable({ neonRows, rdsRows, isEqual }: ComparedTable): string {
  if (isEqual) return "equal";
  if (neonRows === null) return "only on rds";
  if (rdsRows === null) return "only on neon";
  return neonRows === rdsRows ? "same number of rows, other values" : "rows differ";
}

function printSequences(sequences: NonNullable<Comparison["sequences"]>, printer: Printer): void {
  const row = ({ sequence, neon, rds, isEqual }: (typeof sequences)[number]) => [
    oneLine(sequence),
    neon ?? "-",
    rds ?? "-",
    isEqual ? "equal" : neon === null ? "only on rds" : rds === null ? "only on neon" : "differs",
  ];
  printSome(sequences, ["sequence", "neon", "rds", ""], row, "sequence", printer);
}

/** Prints what differs as a table; with `--verbose` also what is equal. */
export function printSome<T extends { isEqual: boolean }>(
  all: readonly T[],
  head: readonly string[],
  row: (item: T) => string[],
  noun: string,
  printer: Printer,
): void {
  const shown = printer.verbose ? all : all.filter(({ isEqual }) => !isEqual);
  if (shown.length > 0) printer.table(tableColumns, [head, ...shown.map(row)]);
  const rest = all.length - shown.length;
  if (rest > 0) {
    const more =
      shown.length > 0
        ? `${plural(rest, `more ${noun}`)} ${rest === 1 ? "is" : "are"} equal`
        : `${plural(rest, noun)} ${rest === 1 ? "is" : "are"} equal`;
    printer.row({
      label: "  ",
      text: printer.colors.dim(`${more}: --verbose lists ${rest === 1 ? "it" : "them"}`),
    });
  }
  printer.line();
}

/** Names may contain line breaks. */
function oneLine(text: string): string {
  return text.replaceAll(/\s/g, " ");
}
