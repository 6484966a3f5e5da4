/** Progress as plain lines: each result once, in the registry's order, as soon as those before it are known. */
import type { Printer } from "@pilot-light/core/output/printer";
import type { Check, Mode } from "../check.ts";
import type { Report } from "../report.ts";
import type { CheckResult } from "../result.ts";
import { headerLine, resultLines, summaryLine, type LineStyle } from "./lines.ts";
import type { Progress, ProgressStart } from "./progress.ts";
import { isShown, styleOf } from "./style.ts";

export class PlainProgress implements Progress {
  readonly #console: Printer;
  readonly #selected: ReadonlySet<string>;
  readonly #done = new Map<string, CheckResult>();
  /** What was printed of a check, so that a later round prints only what has changed. */
  readonly #printed = new Map<string, string>();
  #start: ProgressStart | undefined;
  #style: LineStyle | undefined;
  #next = 0;
  #mode: Mode | null = null;
  #headed = false;

  constructor(printer: Printer, selected: ReadonlySet<string>) {
    this.#console = printer;
    this.#selected = selected;
  }

  begin(start: ProgressStart): void {
    this.#start = start;
    this.#style = styleOf(this.#console, start.checks);
    this.#done.clear();
    this.#next = 0;
  }

  mode(mode: Mode): void {
    this.#mode = mode;
  }

  started(check: Check): void {
    this.#console.detail(`started ${check.id}`);
  }

  finished(result: CheckResult): void {
    this.#done.set(result.id, result);
    this.#flush();
  }

  waiting(text: string): void {
    this.#console.line(`  ${text}`);
  }

  end(report: Report): void {
    this.#mode = report.mode;
    this.#flush(true);
    if (this.#style === undefined) return;
    for (const note of report.notes) this.#console.line(`  ! ${note}`);
    this.#console.line();
    this.#console.line(summaryLine(report, this.#style));
  }

  close(): void {
    // Nothing is kept open.
  }

  /** Prints what can be printed in order. The header says the mode, which is known with the outputs. */
  #flush(final = false): void {
    const [start, style] = [this.#start, this.#style];
    if (start === undefined || style === undefined) return;
    if (!this.#headed) {
      if (!final && !this.#done.has("terraform-outputs")) return;
      this.#headed = true;
      this.#console.line(headerLine({ ...start.header, mode: this.#mode }));
      this.#console.line();
    }
    for (; this.#next < start.checks.length; this.#next += 1) {
      const result = this.#done.get(start.checks[this.#next]?.id ?? "");
      if (result === undefined) return;
      this.#print(result, style);
    }
  }

  #print(result: CheckResult, style: LineStyle): void {
    if (!isShown(result, this.#selected, style.verbose)) return;
    const seen = `${result.status} ${result.summary}`;
    if (this.#printed.get(result.id) === seen) return;
    this.#printed.set(result.id, seen);
    for (const line of resultLines(result, style)) this.#console.line(line);
  }
}
