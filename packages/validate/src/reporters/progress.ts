/** The interface through which a validation reports its progress. */
import type { Check } from "../check.ts";
import type { CheckResult, Report } from "../documents.ts";
import type { Mode } from "../mode.ts";

export interface ProgressStart {
  checks: readonly Check[];
  header: Header;
}

/** The first line of the output. */
export interface Header extends Pick<Report, "project" | "environment" | "region"> {
  /** The command. Default: "Validate". */
  title?: string;
  /** Whether a mode change has stopped in its deployment. */
  isPartlyActive?: boolean;
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
  /** Restores the terminal, however the run ends. */
  close(): void;
}
