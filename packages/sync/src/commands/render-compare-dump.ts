/** A comparison with the manifest of a dump, as text for people. */
import { formatCount, plural } from "@pilot-light/core/output/format";
import type { Printer } from "@pilot-light/core/output/printer";
import { shell } from "@pilot-light/core/output/shell";
import type { DumpComparison } from "../compare/documents.ts";
import { printSome } from "./render-compare.ts";

/** How many objects, tables and sequences differ. */
export function countDumpDifferences({ objects, tables, sequences }: DumpComparison): number {
  const differ = (list: readonly { isEqual: boolean }[] | null) =>
    (list ?? []).filter(({ isEqual }) => !isEqual).length;
  return (objects?.length ?? 0) + differ(tables) + differ(sequences);
}

const places = {
  "only-dump": "only in the dump",
  "only-database": "only in the database",
  different: "differs",
} as const;

export function printDumpComparison(comparison: DumpComparison, printer: Printer): void {
  const { bold, green, red, yellow } = printer.colors;
  const { dump, database, objects, tables, sequences, notes } = comparison;
  const oneLine = (text: string) => text.replaceAll(/\s/g, " ");
  printer.line();
  printer.line(bold(`Compare  ${dump.key} and ${database.system}`));
  printer.line();
  printer.row({ label: "  dump      ", text: `${dump.uri}, of ${dump.system}, PostgreSQL ${dump.version}` });
  const { database: name, host, port, version } = database;
  printer.row({ label: "  database  ", text: `${name} @ ${host}:${port}, PostgreSQL ${version}` });
  printer.line();
  for (const { kind, identity, problem } of objects ?? []) {
    printer.row({ label: `  ${places[problem].padEnd(22)}`, text: oneLine(`${kind} ${identity}`) });
  }
  if (objects !== null && objects.length > 0) printer.line();
  const place = (isFirst: boolean, isSecond: boolean) =>
    !isFirst ? places["only-database"] : !isSecond ? places["only-dump"] : undefined;
  const count = (rows: number | null) => (rows === null ? "-" : formatCount(rows));
  if (tables !== null) {
    printSome(
      tables,
      ["table", "dump rows", "database rows", ""],
      ({ table, dumpRows, databaseRows, isEqual }) => [
        oneLine(table),
        count(dumpRows),
        count(databaseRows),
        isEqual
          ? "equal"
          : (place(dumpRows !== null, databaseRows !== null) ??
            (dumpRows === databaseRows ? "same number of rows, other values" : "rows differ")),
      ],
      "table",
      printer,
    );
  }
  if (sequences !== null) {
    printSome(
      sequences,
      ["sequence", "dump", "database", ""],
      ({ sequence, dump: stated, database: found, isEqual }) => [
        oneLine(sequence),
        stated ?? "-",
        found ?? "-",
        isEqual ? "equal" : (place(stated !== null, found !== null) ?? "differs"),
      ],
      "sequence",
      printer,
    );
  }
  for (const note of notes) printer.row({ label: `  ${yellow("!")} `, text: note });
  if (notes.length > 0) printer.line();
  const differences = countDumpDifferences(comparison);
  if (differences === 0) {
    const text = `Equal: ${database.system} does not differ from what the manifest states.`;
    printer.row({ label: "  ", text: bold(green(text)) });
    return;
  }
  printer.row({ label: "  ", text: bold(red(`Different: ${plural(differences, "difference")}.`)) });
  const restore = shell`pnpm sync restore ${dump.key} --to ${database.system} --dry-run`;
  printer.line(`  To see what a restore would replace:  ${restore}`);
}
