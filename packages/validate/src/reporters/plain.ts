/** Progress as plain lines: each result once, in the registry's order, when all results before it are known. */
import type { Printer } from "@pilot-light/core/output/printer";
import type { Check } from "../check.ts";
import type { CheckResult, Report } from "../documents.ts";
import type { Mode } from "../mode.ts";
import { headerLines, resultLines, summaryLine, type LineStyle } from "./lines.ts";
import type { Progress, ProgressStart } from "./progress.ts";
import { isShown, styleOf } from "./style.ts";

export class PlainProgress implements Progress {
  readonly #printer: Printer;
  readonly #selected: ReadonlySet<string>;
  readonly #pages: ((id: string) => string) | undefined;
  readonly #done = new Map<string, CheckResult>();
  /** The printed text of each check: a later round prints only changed results. */
  readonly #printed = new Map<string, string>();
  #start: ProgressStart | undefined;
  #style: LineStyle | undefined;
  #next = 0;
  #mode: Mode | null = null;
  #headed = false;

  constructor(printer: Printer, selected: ReadonlySet<string>, pages?: (id: string) => string) {
    this.#printer = printer;
    this.#selected = selected;
    this.#pages = pages;
  }

  begin(start: ProgressStart): void {
    this.#start = start;
    this.#style = styleOf(this.#printer, start.checks, this.#pages);
    this.#done.clear();
    this.#next = 0;
  }

  mode(mode: Mode): void {
    this.#mode = mode;
  }

  started(check: Check): void {
    this.#printer.detail(`started ${check.id}`);
  }

  finished(result: CheckResult): void {
    this.#done.set(result.id, result);
    this.#flush();
  }

  waiting(text: string): void {
    this.#printer.row({ label: "  ", text });
  }

  end(report: Report): void {
    this.#mode = report.mode;
    this.#flush(true);
    if (this.#style === undefined) return;
    for (const note of report.notes) this.#printer.row({ label: "  ! ", text: note });
    this.#printer.line();
    this.#printer.line(summaryLine(report, this.#style));
  }

  close(): void {
    // There is nothing to restore.
  }

  /** Prints the results that are next in the order. The header shows the mode, so it waits until the outputs are read. */
  #flush(final = false): void {
    const [start, style] = [this.#start, this.#style];
    if (start === undefined || style === undefined) return;
    if (!this.#headed) {
      if (!final && !this.#done.has("terraform-outputs")) return;
      this.#headed = true;
      for (const line of headerLines({ ...start.header, mode: this.#mode }, style)) this.#printer.line(line);
      this.#printer.line();
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
    for (const line of resultLines(result, style)) this.#printer.line(line);
  }
}
