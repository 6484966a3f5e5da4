/** Runs a comparison and prints it. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { exitCodes } from "@pilot-light/core/ops-error";
import { plural } from "@pilot-light/core/output/format";
import { compareDatabases, type CompareOptions } from "../compare/compare.ts";
import { compareWithDump, type DumpCompareOptions } from "../compare/with-dump.ts";
import { countDumpDifferences, printDumpComparison } from "./render-compare-dump.ts";
import { countDifferences, printComparison } from "./render-compare.ts";

export async function runCompare(options: CompareOptions, context: CommandContext): Promise<CommandOutcome> {
  const comparison = await compareDatabases(options, context);
  printComparison(comparison, context.printer);
  // The statements are the data of this command. With --json, the document contains them.
  if (comparison.sql !== null && !context.printer.json) context.printer.data(comparison.sql.trimEnd());
  const { objects, tables, sequences } = countDifferences(comparison);
  if (objects + tables + sequences === 0) {
    return { outcome: "equal", document: comparison, summary: "Neon and RDS do not differ." };
  }
  const counts = [
    plural(objects, "definition"),
    plural(tables, "table"),
    plural(sequences, "sequence"),
  ].filter((text) => !text.startsWith("0 "));
  return {
    outcome: "different",
    document: comparison,
    exit: exitCodes.problems,
    summary: `Neon and RDS differ: ${counts.join(", ")}.`,
    next: [{ purpose: "to see what a sync would replace", command: "pnpm sync neon-to-rds --dry-run" }],
  };
}

/** Runs `pnpm compare --with`. */
export async function runCompareWithDump(
  options: DumpCompareOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const comparison = await compareWithDump(options, context);
  printDumpComparison(comparison, context.printer);
  return countDumpDifferences(comparison) === 0
    ? { outcome: "equal-to-dump", document: comparison }
    : { outcome: "different-from-dump", document: comparison, exit: exitCodes.problems };
}
