/** Plans and results of restores as text for people. */
import { formatBytes, formatDuration, plural } from "@pilot-light/core/output/format";
import type { Printer } from "@pilot-light/core/output/printer";
import type { RestorePlan, SyncResult } from "../documents.ts";
import {
  printBranch,
  printEffects,
  printFact,
  printRestorePoint,
  printScript,
  printSide,
  undoCommand,
  waited,
} from "./render.ts";

/** Prints the plan of a restore. */
export function printRestorePlan(plan: RestorePlan, printer: Printer, { dryRun }: { dryRun: boolean }): void {
  const { bold } = printer.colors;
  const { dump, target, backup, mode } = plan;
  const time = dump.createdAt.slice(0, 16).replace("T", " ");
  const head = bold(
    plan.resumes === null
      ? `Restore  ${dump.key} -> ${target.system}`
      : `Resume  ${dump.system} -> ${target.system}, from ${dump.key}`,
  );
  printer.line();
  printer.row({ label: "", text: head, ...(dryRun ? { right: "dry run, nothing is written" } : {}) });
  printer.line();
  printFact("dump", dump.uri, printer);
  printFact(
    "",
    `${dump.kind} of ${dump.system}, ${time} UTC: ${dump.database} @ ${dump.host}, PostgreSQL ${dump.version}, ${formatBytes(dump.bytes)}`,
    printer,
  );
  printSide("target", target, printer);
  printFact(
    "backup",
    backup === null ? "none (--no-target-backup)" : `${backup}   (of the target, before it is replaced)`,
    printer,
  );
  printRestorePoint(plan, printer);
  printFact("method", `${mode.name}: ${mode.description}`, printer);
  printFact("verify", describeVerification(plan), printer);
  printScript(plan, plan.afterRestore !== null, printer);
  printer.line();
  const notes = [...plan.unverified.map((part) => `not verified: ${part}`), ...plan.notes];
  printEffects(plan, notes, printer, { head: "dump rows", unknown: "unknown" });
}

function describeVerification({ verify }: Pick<RestorePlan, "verify">): string {
  switch (verify) {
    case "checksums":
      return "rows and hashes of the manifest, schema and sequences of the dump";
    case "counts":
      return "row counts of the manifest, schema and sequences of the dump";
    case null:
      return "schema and sequences of the dump; the manifest states no rows";
  }
}

/** Prints what a restore did and how to revert it. */
export function printRestored(
  plan: RestorePlan,
  result: SyncResult,
  milliseconds: number,
  printer: Printer,
): void {
  const { bold, green } = printer.colors;
  const { dump, target, backup } = plan;
  const how = { checksums: "rows and hashes", counts: "row counts" };
  const rows = plural(result.rows, "row");
  const verified = [
    plural(result.tables, "table"),
    plan.verify === null ? `${rows} (not verified)` : `${rows} (${how[plan.verify]})`,
    plural(result.sequences, "sequence"),
    plural(result.schemaObjects, "schema object"),
  ];
  const fact = (name: string, text: string) => printFact(name, text, printer, 13);
  printer.line();
  const equal = plan.afterRestore === null ? "is verified to be equal to" : "was verified to be equal to";
  const outcome = plan.verify === null ? "has the contents of" : equal;
  const later = plan.afterRestore === null ? "" : `, then changed by ${plan.afterRestore.file}`;
  const head = `${plan.resumes === null ? "Restored" : "Resumed"}: ${target.system} ${outcome} ${dump.key}${later}, in ${formatDuration(milliseconds)}.`;
  printer.row({ label: "  ", text: bold(green(head)) });
  printer.line();
  fact(plan.verify === null ? "restored" : "verified", verified.join(", "));
  fact(...waited(plan, result));
  fact("dump", `${dump.uri}   (${formatBytes(dump.bytes)})`);
  if (backup !== null) {
    fact("backup", `${backup}   (${formatBytes(result.backupBytes ?? 0)}, the previous target)`);
  }
  printBranch(result, fact);
  fact("to undo", undoCommand(plan));
  for (const warning of result.warnings) printer.warn(warning);
}
