/** A finished validation as data: what every reporter and the exit code are made of. */
import type { environmentName } from "@pilot-light/core/contract";
import { exitCodes } from "@pilot-light/core/ops-error";
import type { Mode } from "./check.ts";
import type { CheckResult, Status } from "./result.ts";

export interface Report {
  project: string;
  environment: typeof environmentName;
  region: string;
  /** Null when the outputs could not be read: it is never guessed. */
  mode: Mode | null;
  account: string | null;
  checks: readonly CheckResult[];
  summary: Summary;
  durationMs: number;
  /** Sentences about the run itself, such as an expired waiver. */
  notes: readonly string[];
}

export interface Summary {
  passed: number;
  warnings: number;
  failed: number;
  skipped: number;
  waived: number;
}

export function summarize(results: readonly CheckResult[]): Summary {
  const count = (status: Status) => results.filter((result) => result.status === status).length;
  return {
    passed: count("passed"),
    warnings: count("warning"),
    failed: count("failed"),
    skipped: count("skipped"),
    waived: count("waived"),
  };
}

/**
 * Exit code of a validation: that of an essential check that failed, else whether anything has failed.
 * @param essential ids of the checks without which nothing can be said
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

/** The mode in words. */
export function modeName(mode: Mode | null): string {
  return mode === null ? "unknown" : mode === "active" ? "active" : "pilot light";
}
