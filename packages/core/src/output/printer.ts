/** Prints for people on stderr and for programs on stdout, and removes secrets from both. */
import pc from "picocolors";
import { readVariable, type Environment } from "../config/env.ts";
import { formatCount, formatDuration } from "./format.ts";
import {
  cut,
  layOut,
  layOutHint,
  layOutTable,
  mostColumns,
  type Column,
  type Page,
  type Row,
} from "./layout.ts";
import { Meter, type Amount } from "./meter.ts";
import { Redactor } from "./redact.ts";
import { RunLog } from "./run-log.ts";

export interface PrinterOptions {
  environment: Environment;
  verbose: boolean;
  /** `--json`: stdout gets one document; stderr gets the progress and what `--verbose` adds. */
  json: boolean;
  color?: boolean | undefined;
  stdout?: NodeJS.WriteStream;
  stderr?: NodeJS.WriteStream;
}

export type Colors = ReturnType<typeof pc.createColors>;

/** The result of a step. */
export interface StepResult<T> {
  value: T;
  summary: string;
  /** False if the step only waited for work that other steps had started: its duration means nothing. */
  timed?: boolean;
}

/** Milliseconds after which a step that is not redrawn reports that it has begun. The clock is read at this interval. */
const beginsReportingAfter = 1000;

/** Milliseconds between two lines about the progress of steps that are not redrawn. */
const progressInterval = 10_000;

/** Reports the progress of a step. An amount is shown with its rate and the time left. */
export type Report = (progress: string | Amount) => void;

/** The two output streams of a command. */
export class Printer {
  readonly redactor = new Redactor();
  /** The steps and the warnings that were printed. */
  readonly log = new RunLog();
  readonly colors: Colors;
  readonly json: boolean;
  readonly verbose: boolean;
  /** A terminal that may be redrawn; false in CI and pipes. */
  readonly interactive: boolean;
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;
  #live = "";
  /** When the last line about the progress of a step was printed. */
  #lastProgress = -Infinity;

  constructor({
    environment,
    verbose,
    json,
    color,
    stdout = process.stdout,
    stderr = process.stderr,
  }: PrinterOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.json = json;
    this.verbose = verbose;
    this.interactive = stderr.isTTY && readVariable(environment, "CI") === undefined;
    const plain = readVariable(environment, "NO_COLOR") !== undefined;
    // A pipe has no `isTTY`. Without a value, the library would use colors in every CI system.
    this.colors = pc.createColors(color ?? (stderr.isTTY ? !plain : false));
  }

  /** Whether progress is one line that is redrawn; elsewhere each report is a new line. */
  get redraws(): boolean {
    return this.interactive && !this.json;
  }

  /** Lines of a hundred columns, or of the terminal's width if that is smaller. */
  get page(): Page {
    if (!this.interactive) return { width: mostColumns, wraps: false };
    // Some terminals report 0.
    return { width: Math.min(mostColumns, this.#stderr.columns || mostColumns), wraps: true };
  }

  /** The page of `data`: lines of any length, but no longer than the terminal if stdout is one. */
  get dataPage(): Page {
    if (!this.#stdout.isTTY) return { width: mostColumns, wraps: false };
    return { width: Math.min(mostColumns, this.#stdout.columns || mostColumns), wraps: true };
  }

  /** A line for people; nothing with `--json`. */
  line(text = ""): void {
    if (!this.json) this.#write(text);
  }

  /** A row for people, on several lines if it is too long for the terminal; nothing with `--json`. */
  row(row: Row): void {
    for (const line of this.#layOut(row)) this.line(line);
  }

  /** A hint for people, whose commands can be pasted; nothing with `--json`. See `layOutHint`. */
  hint(label: string, hint: string): void {
    for (const paragraph of this.redactor.apply(hint).split("\n")) {
      const text = paragraph.trimStart();
      const indented = label + " ".repeat(paragraph.length - text.length);
      for (const line of layOutHint(indented, text, this.page)) this.line(line.trimEnd());
    }
  }

  /** A table for people; nothing with `--json`. See `layOutTable`. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[], indent?: number): void {
    const shown = rows.map((cells) => cells.map((cell) => this.redactor.apply(cell)));
    for (const line of layOutTable(columns, shown, this.page, indent)) this.line(line);
  }

  /** A line about the progress, shown with `--json` too, so that a person who waits for minutes sees that it runs. */
  progress(text: string): void {
    this.#write(text);
  }

  /** A line that only `--verbose` shows, even with `--json`. */
  detail(text: string): void {
    if (this.verbose) this.#write(this.colors.dim(text));
  }

  /** A warning about the run itself, shown with `--json` too. */
  warn(text: string): void {
    this.log.warnings.push(this.redactor.apply(text));
    this.#write(`${this.colors.yellow("!")} ${text}`);
  }

  /** Replaces the line that is redrawn. Without a terminal, does nothing. */
  live(text: string): void {
    if (!this.redraws) return;
    // The last column is left free: some terminals break a line as soon as it is full.
    const line = cut(this.redactor.apply(text), this.page.width - 1);
    if (line === this.#live) return;
    this.#stderr.write(`\r\u001B[2K${line}`);
    this.#live = line;
  }

  /** Erases the terminal, before everything is drawn again. Without a terminal, does nothing. */
  clearScreen(): void {
    if (this.redraws) this.#stderr.write("\u001B[2J\u001B[3J\u001B[H");
  }

  /** Data for programs. */
  data(text: string): void {
    this.#stdout.write(`${this.redactor.apply(text)}\n`);
  }

  /**
   * Runs a step and prints it when it ends, with its duration. A terminal shows it while it runs. Elsewhere, and with `--json`, a
   * step that takes longer reports its beginning and its progress, with at least ten seconds between two lines.
   */
  async step<T>(label: string, work: (report: Report) => Promise<StepResult<T>>): Promise<T> {
    const start = performance.now();
    const elapsed = () => formatDuration(performance.now() - start);
    const name = `  ${label.padEnd(10)}`;
    const meter = new Meter();
    let latest: string | Amount = "";
    const describe = () => (typeof latest === "string" ? latest : this.#describe(latest, meter));
    const watch = this.#watch({
      redraw: () => `${name}${elapsed().padStart(8)}  ${describe()}`,
      begin: () => `${name}started`,
      later: () => {
        const text = describe();
        return `${name}${text === "" ? "" : `${text}, `}${elapsed()} so far`;
      },
    });
    try {
      const report: Report = (next) => {
        latest = next;
        if (typeof next !== "string") meter.add(next);
        watch.redraw();
      };
      const {
        value,
        summary,
        timed = true,
      } = await this.log.timed(
        label,
        () => work(report),
        (result) => (result.timed === false ? undefined : this.redactor.apply(result.summary)),
      );
      const row = { label: name, text: summary, right: timed ? elapsed() : "" };
      for (const line of this.#layOut(row)) this.progress(line);
      return value;
    } finally {
      watch.end();
    }
  }

  /** Waits for `work` and shows `text` of the elapsed time meanwhile. */
  async wait<T>(work: Promise<T>, text: (elapsed: string) => string): Promise<T> {
    const start = performance.now();
    const now = () => text(formatDuration(performance.now() - start));
    const watch = this.#watch({ redraw: now, begin: now, later: now });
    try {
      return await work;
    } finally {
      watch.end();
    }
  }

  /** `████████░░░░  18 of 24 tables`, for a step's progress; without the bar if nothing is redrawn. */
  bar(done: number, all: number, noun: string): string {
    const text = `${formatCount(done)} of ${formatCount(all)} ${noun}`;
    if (!this.redraws) return text;
    const filled = all === 0 ? 20 : Math.min(20, Math.round((done / all) * 20));
    return `${"█".repeat(filled)}${"░".repeat(20 - filled)}  ${text}`;
  }

  /** The least important part is last: a line that is too long loses its end. */
  #describe(amount: Amount, meter: Meter): string {
    const { done, all, noun, part = "" } = amount;
    return [this.bar(done, all, noun), meter.describe(), part].filter((text) => text !== "").join(", ");
  }

  /** Removes secrets first: neither half of a secret that is broken into two lines would be found. */
  #layOut({ label, text, right = "" }: Row): string[] {
    return layOut({ label, text: this.redactor.apply(text), right }, this.page);
  }

  /** Shows work that takes longer: redrawn on a terminal, elsewhere as lines of progress. */
  #watch(lines: Readonly<Record<"redraw" | "begin" | "later", () => string>>) {
    if (!this.redraws) {
      let hasBegun = false;
      const timer = setInterval(() => {
        const now = performance.now();
        if (now - this.#lastProgress < progressInterval) return;
        this.#lastProgress = now;
        this.progress(hasBegun ? lines.later() : lines.begin());
        hasBegun = true;
      }, beginsReportingAfter);
      const end = () => {
        clearInterval(timer);
      };
      return { redraw: () => undefined, end };
    }
    const redraw = () => this.live(lines.redraw());
    const timer = setInterval(redraw, 200);
    redraw();
    const end = () => {
      clearInterval(timer);
      this.live("");
    };
    return { redraw, end };
  }

  #write(text: string): void {
    const erase = this.#live === "" ? "" : "\r\u001B[2K";
    this.#live = "";
    this.#stderr.write(`${erase}${this.redactor.apply(text)}\n`);
  }
}
