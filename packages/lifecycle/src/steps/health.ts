/** Waits until the environment is healthy for its mode: a validation that repeats failed checks while they may still pass. */
import type { Outputs } from "@pilot-light/core/contract";
import type { LifecycleContext } from "../context.ts";
import type { Printer } from "@pilot-light/core/output/printer";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { plural } from "@pilot-light/core/output/format";
import {
  essentialIds,
  exitCode,
  registry,
  resultLines,
  styleOf,
  summaryLine,
  usualOptions,
  validate,
  type Progress,
  type Report,
} from "@pilot-light/validate/health";

export interface Health {
  report: Report;
  /** Exit code of a validation with this report. */
  exit: number;
}

/** @param waitMs milliseconds that services may take to become healthy; 0 to run each check once */
export async function validateHealth(
  { directory, outputs, waitMs }: { directory: string; outputs: Outputs; waitMs: number },
  context: Pick<LifecycleContext, "routes"> & CommandContext,
): Promise<Health> {
  const report = await context.printer.step("validate", async (show) => {
    // If the run copied data, its route is open. Otherwise the validation would start a task for a single check.
    const routes = context.routes.hasOpened ? context.routes : undefined;
    const options = { ...usualOptions, directory, outputs: { values: outputs }, routes, wait: waitMs };
    const value = await validate(options, context, quiet(show));
    const { passed, warnings, failed } = value.summary;
    return { value, summary: `${passed} passed, ${plural(warnings, "warning")}, ${failed} failed` };
  });
  return { report, exit: exitCode(report, essentialIds, false) };
}

/** Shows only what the validation waits for. The report shows each check. */
function quiet(show: (text: string) => void): Progress {
  const ignore = () => undefined;
  return {
    begin: () => show("checking"),
    mode: ignore,
    started: ignore,
    finished: ignore,
    waiting: show,
    end: ignore,
    close: ignore,
  };
}

/** Prints the checks that did not pass, and the summary. */
export function printHealth({ report }: Health, printer: Printer): void {
  const style = styleOf(printer, registry);
  const notPassed = report.checks.filter(({ status }) =>
    ["warning", "failed", "skipped", "waived"].includes(status),
  );
  if (notPassed.length > 0) printer.line();
  for (const result of notPassed) for (const line of resultLines(result, style)) printer.line(line);
  printer.line();
  printer.line(summaryLine(report, style));
}
