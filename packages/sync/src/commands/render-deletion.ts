/** Plans of deletions of dumps, as text for people. */
import { formatBytes, formatCount, plural } from "@pilot-light/core/output/format";
import type { Column } from "@pilot-light/core/output/layout";
import type { Printer } from "@pilot-light/core/output/printer";
import { shell } from "@pilot-light/core/output/shell";
import { describeDeletion, type Retention } from "../archive/retention.ts";
import type { PrunePlan, RemovalPlan } from "../dumps/documents.ts";

/** A longer list is cut, unless `--verbose` is given. */
const mostLines = 20;

const columns: readonly Column[] = [{}, { align: "right" }, { wraps: true }];

function printHead(text: string, printer: Printer, { dryRun }: { dryRun: boolean }): void {
  const right = dryRun ? { right: "dry run, nothing is written" } : {};
  printer.row({ label: "", text: printer.colors.bold(text), ...right });
  printer.line();
}

export function printPrunePlan(
  plan: PrunePlan,
  retention: Retention,
  printer: Printer,
  options: { dryRun: boolean },
): void {
  printHead(`Prune dumps  s3://${plan.bucket}`, printer, options);
  const size = plan.delete.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  if (plan.delete.length > 0) {
    printer.line(`  will be deleted: ${plural(plan.delete.length, "dump")}, ${formatBytes(size)}`);
    const shown = printer.verbose ? plan.delete : plan.delete.slice(0, mostLines);
    printer.table(
      columns,
      shown.map(({ key, bytes, reason }) => [key, bytes === null ? "-" : formatBytes(bytes), reason]),
      4,
    );
    const more = plan.delete.length - shown.length;
    if (more > 0) printer.line(`    and ${formatCount(more)} more: --verbose lists them`);
    printer.line();
  }
  printer.line(`  kept: ${plural(plan.kept, "dump")}${plan.needed.length > 0 ? ", among them" : ""}`);
  for (const { key, reasons } of plan.needed) {
    printer.row({ label: "    ", text: `${key}   ${reasons.join("; ")}` });
  }
  printer.line();
  if (plan.delete.length === 0) {
    const hint =
      plan.keep === null && plan.days === null
        ? " Without --keep or --days, only incomplete dumps are deleted."
        : "";
    printer.row({ label: "  ", text: `Nothing to delete.${hint}` });
    return;
  }
  printer.row({ label: "  ", text: describeDeletion(retention) });
}

export function printRemovalPlan(
  { dump, allowed }: RemovalPlan,
  retention: Retention,
  printer: Printer,
  options: { dryRun: boolean },
): void {
  printHead(`Delete a dump  ${dump.uri}`, printer, options);
  const facts = [
    dump.kind ?? dump.status,
    ...(dump.bytes === null ? [] : [formatBytes(dump.bytes)]),
    ...(dump.tables === null ? [] : [plural(dump.tables, "table")]),
    ...(dump.rows === null ? [] : [plural(dump.rows, "row")]),
  ];
  printer.row({ label: "  ", text: facts.join(", ") });
  for (const reason of allowed) {
    printer.row({ label: `  ${printer.colors.yellow("!")} `, text: `allowed by --allow-needed: ${reason}` });
  }
  printer.row({ label: "  ", text: describeDeletion(retention) });
  printer.line();
}

/** If S3 keeps deleted dumps as versions, prints how to restore one. */
export function printRestorable(
  key: string,
  bucket: string,
  { isVersioned }: Retention,
  printer: Printer,
): void {
  if (isVersioned !== true) return;
  const stem = key.replace(/\.dump$/, "");
  printer.row({
    label: "  ",
    text: "To restore a deleted dump, delete the delete markers of the dump and of its manifest. To list them:",
  });
  printer.line(shell`    aws s3api list-object-versions --bucket ${bucket} --prefix ${stem}`);
}
