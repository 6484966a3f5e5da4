/** Runs a comparison for a person. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { exitCodes } from "@pilot-light/core/ops-error";
import { compareDatabases, type CompareOptions } from "../compare/compare.ts";
import { compareWithDump, type DumpCompareOptions } from "../compare/with-dump.ts";
import { countDumpDifferences, printDumpComparison } from "./render-compare-dump.ts";
import { countDifferences, printComparison } from "./render-compare.ts";

export async function runCompare(options: CompareOptions, context: CommandContext): Promise<CommandOutcome> {
  const comparison = await compareDatabases(options, context);
  printComparison(comparison, context.printer);
  const { objects, tables, sequences } = countDifferences(comparison);
  return objects + tables + sequences === 0
    ? { outcome: "equal", document: comparison }
    : { outcome: "different", document: comparison, exit: exitCodes.problems };
}

/** With `--with`. */
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
