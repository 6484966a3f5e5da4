/** Where output goes: people read stderr, programs read stdout; secrets are taken out of both. */
import pc from "picocolors";
import { readVariable, type Environment } from "./env.ts";
import { formatDuration } from "./format.ts";
import { Redactor } from "./redact.ts";

export interface ConsoleOptions {
  environment: Environment;
  verbose: boolean;
  /** `--json`: people get nothing but what `--verbose` shows, stdout gets one document. */
  json: boolean;
  colour?: boolean | undefined;
  stdout?: NodeJS.WriteStream;
  stderr?: NodeJS.WriteStream;
}

export type Colours = ReturnType<typeof pc.createColors>;

/** The two output streams of a command. */
export class Console {
  readonly redactor = new Redactor();
  readonly colours: Colours;
  readonly json: boolean;
  readonly verbose: boolean;
  /** A terminal that may be redrawn; false in CI and pipes. */
  readonly interactive: boolean;
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;
  #live = "";

  constructor({
    environment,
    verbose,
    json,
    colour,
    stdout = process.stdout,
    stderr = process.stderr,
  }: ConsoleOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.json = json;
    this.verbose = verbose;
    this.interactive = stderr.isTTY && readVariable(environment, "CI") === undefined;
    const plain = readVariable(environment, "NO_COLOR") !== undefined;
    this.colours = pc.createColors(colour ?? (stderr.isTTY && !plain));
  }

  /** A line for people; nothing with `--json`. */
  line(text = ""): void {
    if (!this.json) this.#write(text);
  }

  /** A line that only `--verbose` shows, with `--json` as well. */
  detail(text: string): void {
    if (this.verbose) this.#write(this.colours.dim(text));
  }

  /** A line for people that is shown with `--json` too: a warning about the run itself. */
  warn(text: string): void {
    this.#write(`${this.colours.yellow("!")} ${text}`);
  }

  /** Replaces the line that is being redrawn; nothing on anything but a terminal. */
  live(text: string): void {
    if (!this.interactive || this.json) return;
    const line = this.redactor.apply(text).slice(0, this.#stderr.columns - 1);
    if (line === this.#live) return;
    this.#stderr.write(`\r\u001B[2K${line}`);
    this.#live = line;
  }

  /** Data for programs. */
  data(text: string): void {
    this.#stdout.write(`${this.redactor.apply(text)}\n`);
  }

  /** Runs a step and prints it when it ends, with its duration; on a terminal while it runs as well. */
  async step<T>(
    label: string,
    work: (progress: (text: string) => void) => Promise<{ value: T; summary: string }>,
  ): Promise<T> {
    const start = performance.now();
    const elapsed = () => formatDuration(performance.now() - start);
    let text = "";
    const redraw = () => this.live(`  ${label.padEnd(10)}${text}  ${elapsed()}`);
    const timer = setInterval(redraw, 200);
    redraw();
    try {
      const { value, summary } = await work((next) => {
        text = next;
        redraw();
      });
      this.line(`  ${label.padEnd(10)}${summary.padEnd(72)} ${elapsed().padStart(8)}`);
      return value;
    } finally {
      clearInterval(timer);
      this.live("");
    }
  }

  /** `████████░░░░  18 of 24 tables`, for `progress`. */
  bar(done: number, all: number, noun: string): string {
    const filled = all === 0 ? 20 : Math.round((done / all) * 20);
    return `${"█".repeat(filled)}${"░".repeat(20 - filled)}  ${done} of ${all} ${noun}`;
  }

  #write(text: string): void {
    const erase = this.#live === "" ? "" : "\r\u001B[2K";
    this.#live = "";
    this.#stderr.write(`${erase}${this.redactor.apply(text)}\n`);
  }
}
