/** What a validation tells while it runs, and who listens: a terminal that is redrawn, or plain lines. */
import type { Console } from "@pilot-light/core/console";
import type { Check, Mode } from "../check.ts";
import type { Report } from "../report.ts";
import type { CheckResult } from "../result.ts";
import { LiveProgress } from "./live.ts";
import { PlainProgress } from "./plain.ts";

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

/** The progress that fits the console. */
export function createProgress(console: Console, selected: ReadonlySet<string>): Progress {
  // Lines of --verbose in between would tear a redrawn block apart.
  return console.interactive && !console.json && !console.verbose
    ? new LiveProgress(console, selected)
    : new PlainProgress(console, selected);
}
