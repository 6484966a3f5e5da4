/** Progress on a terminal: a block that is redrawn, with the state of each check: waiting, running, or its result. */
import { layOut } from "@pilot-light/core/output/layout";
import type { Printer } from "@pilot-light/core/output/printer";
import { createLogUpdate } from "log-update";
import type { Check } from "../check.ts";
import type { CheckResult, Report } from "../documents.ts";
import type { Mode } from "../mode.ts";
import { headerLines, resultLines, stateLines, summaryLine, type LineStyle } from "./lines.ts";
import type { Progress, ProgressStart } from "./progress.ts";
import { isShown, styleOf } from "./style.ts";

const refreshMs = 100;

export class LiveProgress implements Progress {
  readonly #printer: Printer;
  readonly #selected: ReadonlySet<string>;
  readonly #pages: ((id: string) => string) | undefined;
  readonly #block: ReturnType<typeof createLogUpdate>;
  readonly #stream: NodeJS.WriteStream;
  readonly #done = new Map<string, CheckResult>();
  readonly #startedAt = new Map<string, number>();
  #start: ProgressStart | undefined;
  #mode: Mode | null = null;
  #note = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(
    printer: Printer,
    selected: ReadonlySet<string>,
    stream: NodeJS.WriteStream = process.stderr,
    pages?: (id: string) => string,
  ) {
    this.#printer = printer;
    this.#selected = selected;
    this.#pages = pages;
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
    const start = this.#start;
    if (start === undefined) return;
    const style = styleOf(this.#printer, start.checks, this.#pages);
    for (const line of this.#lines(start, style)) this.#printer.line(line);
    for (const note of report.notes) this.#printer.row({ label: "  ! ", text: note });
    this.#printer.line();
    this.#printer.line(summaryLine(report, style));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#block.clear();
    this.#block.done();
  }

  #draw(): void {
    const start = this.#start;
    if (start === undefined) return;
    const { page, ...style } = styleOf(this.#printer, start.checks, this.#pages);
    // The last column stays free: some terminals break the line as soon as it is full.
    const lines = this.#lines(start, { ...style, page: { ...page, width: page.width - 1 } });
    // A block that is higher than the terminal cannot be redrawn.
    this.#block(lines.slice(0, this.#stream.rows - 1).join("\n"));
  }

  #lines({ checks, header }: ProgressStart, style: LineStyle): string[] {
    const lines = checks.flatMap((check) => this.#checkLines(check, style));
    const note = this.#note === "" ? [] : ["", ...layOut({ label: "  ", text: this.#note }, style.page)];
    return [...headerLines({ ...header, mode: this.#mode }, style), "", ...lines, ...note];
  }

  #checkLines({ id, mode }: Check, style: LineStyle): string[] {
    const startedAt = this.#startedAt.get(id);
    if (startedAt !== undefined) {
      return stateLines("running", id, "", performance.now() - startedAt, style);
    }
    const result = this.#done.get(id);
    if (result !== undefined) return isShown(result, this.#selected, false) ? resultLines(result, style) : [];
    const other = this.#mode !== null && mode !== undefined && mode !== this.#mode;
    return other ? [] : stateLines("waiting", id, "", undefined, style);
  }
}
