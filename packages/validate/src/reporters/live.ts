/** Progress on a terminal: a block with a line per check that turns from waiting to running to its result. */
import type { Printer } from "@pilot-light/core/output/printer";
import { createLogUpdate } from "log-update";
import type { Check, Mode } from "../check.ts";
import type { Report } from "../report.ts";
import type { CheckResult } from "../result.ts";
import { headerLine, resultLines, stateLine, summaryLine, type LineStyle } from "./lines.ts";
import type { Progress, ProgressStart } from "./progress.ts";
import { isShown, styleOf } from "./style.ts";

const refreshMs = 100;

export class LiveProgress implements Progress {
  readonly #console: Printer;
  readonly #selected: ReadonlySet<string>;
  readonly #block: ReturnType<typeof createLogUpdate>;
  readonly #stream: NodeJS.WriteStream;
  readonly #done = new Map<string, CheckResult>();
  readonly #startedAt = new Map<string, number>();
  #start: ProgressStart | undefined;
  #mode: Mode | null = null;
  #note = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(printer: Printer, selected: ReadonlySet<string>, stream: NodeJS.WriteStream = process.stderr) {
    this.#console = printer;
    this.#selected = selected;
    this.#stream = stream;
    this.#block = createLogUpdate(stream);
  }

  begin(start: ProgressStart): void {
    this.#start = start;
    this.#note = "";
    this.#startedAt.clear();
    this.#timer ??= setInterval(() => this.#draw(), refreshMs);
    this.#draw();
  }

  mode(mode: Mode): void {
    this.#mode = mode;
  }

  started(check: Check): void {
    this.#startedAt.set(check.id, performance.now());
  }

  finished(result: CheckResult): void {
    this.#done.set(result.id, result);
    this.#startedAt.delete(result.id);
    this.#draw();
  }

  waiting(text: string): void {
    this.#note = text;
    this.#draw();
  }

  end(report: Report): void {
    this.#mode = report.mode;
    this.#note = "";
    this.close();
    for (const line of this.#lines()) this.#console.line(line);
    for (const note of report.notes) this.#console.line(`  ! ${note}`);
    this.#console.line();
    if (this.#start !== undefined) this.#console.line(summaryLine(report, this.#style(this.#start)));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#block.clear();
    this.#block.done();
  }

  #style({ checks }: ProgressStart): LineStyle {
    return styleOf(this.#console, checks);
  }

  #draw(): void {
    // A block that is higher than the terminal cannot be redrawn.
    const rows = this.#stream.rows - 1;
    this.#block(this.#console.redactor.apply(this.#lines().slice(0, rows).join("\n")));
  }

  #lines(): string[] {
    const start = this.#start;
    if (start === undefined) return [];
    const style = this.#style(start);
    const lines = start.checks.flatMap((check) => this.#checkLines(check, style));
    const note = this.#note === "" ? [] : ["", `  ${this.#note}`];
    return [headerLine({ ...start.header, mode: this.#mode }), "", ...lines, ...note];
  }

  #checkLines({ id, mode }: Check, style: LineStyle): string[] {
    const startedAt = this.#startedAt.get(id);
    if (startedAt !== undefined) {
      return [stateLine("running", id, "", performance.now() - startedAt, style)];
    }
    const result = this.#done.get(id);
    if (result !== undefined) return isShown(result, this.#selected, false) ? resultLines(result, style) : [];
    const other = this.#mode !== null && mode !== undefined && mode !== this.#mode;
    return other ? [] : [stateLine("waiting", id, "", undefined, style)];
  }
}
