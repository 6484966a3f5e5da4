/** Everything that must hold before anything is changed: looked at all at once, reported all at once. */
import type { Printer } from "@pilot-light/core/output/printer";
import { OpsError, messageOf, withState } from "@pilot-light/core/ops-error";
import { formatDuration } from "@pilot-light/core/output/format";
import { combine } from "@pilot-light/core/async/settle";

/** What a look found, in a few words. */
export interface Seen<T> {
  value: T;
  summary: string;
}

interface Finding {
  name: string;
  state: "ok" | "failed" | "skipped";
  text: string;
  milliseconds: number;
  error?: unknown;
}

export class Preflight {
  readonly #looks: Promise<Finding>[] = [];
  /** Names of those that have not ended. */
  readonly #pending = new Set<string>();
  readonly #console: Printer;
  /** Failures that have been reported by the look they belong to. */
  readonly #known = new Set<unknown>();

  constructor(printer: Printer) {
    this.#console = printer;
  }

  /**
   * Starts a look. What it waits for may be other looks: their failure is theirs, and this one counts as skipped.
   * @returns its value; rejects with its failure, which `report` throws as well
   */
  look<T>(name: string, work: () => Promise<Seen<T>>): Promise<T> {
    const start = performance.now();
    const running = work();
    const passed = () => {
      this.#pending.delete(name);
      return performance.now() - start;
    };
    this.#pending.add(name);
    this.#looks.push(
      running.then(
        ({ summary }) => ({ name, state: "ok", text: summary, milliseconds: passed() }),
        (error: unknown): Finding => {
          const state = this.#known.has(error) ? "skipped" : "failed";
          this.#known.add(error);
          return { name, state, text: messageOf(error), milliseconds: passed(), error };
        },
      ),
    );
    const value = running.then((seen) => seen.value);
    // Whoever needs it will see it; `report` does in any case.
    value.catch(() => undefined);
    return value;
  }

  /**
   * Waits for all looks and prints them.
   * @throws the failures as one error, an interruption before all of them; in any case that nothing was written
   */
  async report(signal: AbortSignal): Promise<void> {
    const findings = await this.#console.wait(
      Promise.all(this.#looks),
      (elapsed) => `  checking  ${elapsed.padStart(8)}  ${[...this.#pending].join(", ")}`,
    );
    if (signal.aborted) throw withState(signal.reason, "nothing-written");
    const failures = findings.filter(({ state }) => state === "failed").map(({ error }) => error);
    const failure = failures.length > 0 ? withState(combine(failures), "nothing-written") : undefined;
    for (const finding of findings) this.#print(finding, failure);
    if (failures.length > 0) throw failure;
  }

  /** @param failure what is told at the end: its details are not told here as well */
  #print({ name, state, text, milliseconds, error }: Finding, failure: unknown): void {
    const { green, red, dim } = this.#console.colors;
    const mark = { ok: green("+ ok    "), failed: red("x FAIL  "), skipped: dim("- skip  ") }[state];
    const right = state === "ok" ? formatDuration(milliseconds) : "";
    const shown = state === "skipped" ? "needs what has failed above" : text;
    this.#console.row({ label: `  ${mark}${name.padEnd(12)} `, text: shown, right });
    if (state !== "failed" || !(error instanceof OpsError)) return;
    const told = failure instanceof OpsError ? failure.details : [];
    for (const detail of error.details) {
      if (!told.includes(detail)) this.#console.row({ label: " ".repeat(6), text: dim(detail) });
    }
  }
}
