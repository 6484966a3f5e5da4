/** What a validation reports while it runs. */
import type { Check, Mode } from "../check.ts";
import type { Report } from "../report.ts";
import type { CheckResult } from "../result.ts";

export interface ProgressStart {
  checks: readonly Check[];
  header: Pick<Report, "project" | "environment" | "region">;
}

export interface Progress {
  /** Before each round of checks. */
  begin(start: ProgressStart): void;
  mode(mode: Mode): void;
  started(check: Check): void;
  finished(result: CheckResult): void;
  /** Between two rounds of `--wait`. */
  waiting(text: string): void;
  end(report: Report): void;
  /** Leaves the terminal as it should be, however the run ends. */
  close(): void;
}
