/** Computes the summary and the exit code from the results of the checks. */
import { exitCodes } from "@pilot-light/core/ops-error";
import type { CheckResult, Report } from "./documents.ts";

export function summarize(results: readonly CheckResult[]): Report["summary"] {
  const count = (status: CheckResult["status"]) =>
    results.filter((result) => result.status === status).length;
  return {
    passed: count("passed"),
    warnings: count("warning"),
    failed: count("failed"),
    skipped: count("skipped"),
    waived: count("waived"),
  };
}

/**
 * Exit code of a validation: the code of a failed essential check; otherwise 1 if any check has failed.
 * @param essential ids of the checks that every other check needs
 */
export function exitCode(
  { checks, summary }: Pick<Report, "checks" | "summary">,
  essential: ReadonlySet<string>,
  strict: boolean,
): number {
  const decisive = checks.find(({ id, status }) => status === "failed" && essential.has(id));
  if (decisive !== undefined) return decisive.error?.exit ?? exitCodes.problems;
  if (summary.failed > 0 || (strict && summary.warnings > 0)) return exitCodes.problems;
  return 0;
}
