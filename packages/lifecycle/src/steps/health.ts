/** Waiting until the environment is healthy for its mode: a validation that goes on while what fails can heal. */
import type { Outputs } from "@pilot-light/core/contract";
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

/** @param wait milliseconds that services may take to become healthy; 0 for one look */
export async function validateHealth(
  { directory, outputs, wait }: { directory: string; outputs: Outputs; wait: number },
  context: CommandContext,
): Promise<Health> {
  const report = await context.printer.step("validate", async (show) => {
    const options = { ...usualOptions, directory, outputs: { values: outputs }, wait };
    const value = await validate(options, context, quiet(show));
    const { passed, warnings, failed } = value.summary;
    return { value, summary: `${passed} passed, ${plural(warnings, "warning")}, ${failed} failed` };
  });
  return { report, exit: exitCode(report, essentialIds, false) };
}

/** Shows what it waits for, and nothing of the single checks: the report has them. */
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

/** Prints what is not as it should be, and the sum. */
export function printHealth({ report }: Health, printer: Printer): void {
  const style = styleOf(printer, registry);
  const wrong = report.checks.filter(({ status }) =>
    ["warning", "failed", "skipped", "waived"].includes(status),
  );
  if (wrong.length > 0) printer.line();
  for (const result of wrong) for (const line of resultLines(result, style)) printer.line(line);
  printer.line();
  printer.line(summaryLine(report, style));
}
