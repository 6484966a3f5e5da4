/** Runs the checks that must pass before anything changes: all at the same time, with one report. */
import type { Printer } from "@pilot-light/core/output/printer";
import { OpsError, messageOf, withState } from "@pilot-light/core/ops-error";
import { formatDuration } from "@pilot-light/core/output/format";
import { combine } from "@pilot-light/core/async/settle";

/** What a check found, as a value and in a few words. */
export interface CheckResult<T> {
  value: T;
  summary: string;
}

interface ReportedCheck {
  name: string;
  state: "ok" | "failed" | "skipped";
  text: string;
  milliseconds: number;
  error?: unknown;
}

export class Preflight {
  readonly #checks: Promise<ReportedCheck>[] = [];
  /** Names of the checks that still run. */
  readonly #running = new Set<string>();
  readonly #printer: Printer;
  /** Failures that a check has reported. A check that waits for it reports "skipped" instead. */
  readonly #reported = new Set<unknown>();

  constructor(printer: Printer) {
    this.#printer = printer;
  }

  /**
   * Starts a check. It may wait for the values of other checks: when one of those fails, this one counts as skipped.
   * @returns its value; rejects with its failure, which `report` throws as well
   */
  check<T>(name: string, work: () => Promise<CheckResult<T>>): Promise<T> {
    const start = performance.now();
    const running = work();
    const ended = () => {
      this.#running.delete(name);
      return performance.now() - start;
    };
    this.#running.add(name);
    this.#checks.push(
      running.then(
        ({ summary }) => ({ name, state: "ok", text: summary, milliseconds: ended() }),
        (error: unknown): ReportedCheck => {
          const state = this.#reported.has(error) ? "skipped" : "failed";
          this.#reported.add(error);
          return { name, state, text: messageOf(error), milliseconds: ended(), error };
        },
      ),
    );
    const value = running.then((result) => result.value);
    // `report` throws the failure, whether or not another check waits for the value.
    value.catch(() => undefined);
    return value;
  }

  /**
   * Waits for all checks and prints them.
   * @throws an interruption; else the failures as one error. Both state that nothing was written.
   */
  async report(signal: AbortSignal): Promise<void> {
    const checks = await this.#printer.wait(
      Promise.all(this.#checks),
      (elapsed) => `  checking  ${elapsed.padStart(8)}  ${[...this.#running].join(", ")}`,
    );
    if (signal.aborted) throw withState(signal.reason, "nothing-written");
    const failures = checks.filter(({ state }) => state === "failed").map(({ error }) => error);
    const failure = failures.length > 0 ? withState(combine(failures), "nothing-written") : undefined;
    for (const check of checks) this.#print(check, failure);
    if (failures.length > 0) throw failure;
  }

  /** @param failure the error at the end of the command; a row does not repeat its details */
  #print({ name, state, text, milliseconds, error }: ReportedCheck, failure: unknown): void {
    const { green, red, dim } = this.#printer.colors;
    const mark = { ok: green("+ ok    "), failed: red("x FAIL  "), skipped: dim("- skip  ") }[state];
    const right = state === "ok" ? formatDuration(milliseconds) : "";
    const shown = state === "skipped" ? "needs a check that failed" : text;
    this.#printer.row({ label: `  ${mark}${name.padEnd(12)} `, text: shown, right });
    if (state !== "failed" || !(error instanceof OpsError)) return;
    const printedLater = failure instanceof OpsError ? failure.details : [];
    for (const detail of error.details) {
      if (!printedLater.includes(detail)) this.#printer.row({ label: " ".repeat(6), text: dim(detail) });
    }
  }
}
