/** Runs each step of a confirmed mode change once, and records it in the journal. An error reports the state that it leaves. */
import type { Printer } from "@pilot-light/core/output/printer";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { formatDuration, formatMinute } from "@pilot-light/core/output/format";
import { findDone, type Journal, type StepName } from "./journal.ts";

/** One step, for the final report. */
export interface FinishedStep {
  step: StepName;
  outcome: "done" | "done before";
  durationMs: number;
}

export class StepRunner {
  readonly finished: FinishedStep[] = [];
  /** When the mode change was confirmed, by `performance.now()`. */
  readonly start = performance.now();
  readonly #journal: Journal;
  readonly #printer: Printer;
  readonly #signal: AbortSignal;
  readonly #resumeCommand: string;

  constructor(
    { journal, printer, signal }: { journal: Journal; printer: Printer; signal: AbortSignal },
    resumeCommand: string,
  ) {
    this.#journal = journal;
    this.#printer = printer;
    this.#signal = signal;
    this.#resumeCommand = resumeCommand;
  }

  /**
   * Runs a step, or skips it when the journal of a resumed run has recorded it.
   * @param failed `state` describes, in sentences, what a failure leaves behind; `undo` reverts what the step has changed, and
   *   returns what it could not revert
   * @throws the step's error, with that state and the command that resumes the run
   */
  async step(
    step: StepName,
    work: () => Promise<void>,
    { state, undo }: { state: () => string; undo?: () => Promise<string[]> },
  ): Promise<void> {
    const before = findDone(this.#journal.unfinished, step);
    if (before !== undefined) {
      this.#printer.row({
        label: `  ${step.padEnd(10)}`,
        text: `done before, ${formatMinute(before.at)} UTC`,
      });
      this.finished.push({ step, outcome: "done before", durationMs: 0 });
      return;
    }
    const start = performance.now();
    try {
      await this.#journal.change(({ begun }) => ({ begun: [...new Set([...begun, step])], stopped: null }));
      await work();
    } catch (failure) {
      const error = this.#reported(failure);
      const left = (await undo?.()) ?? [];
      await this.#recordFailure(step, error).catch((problem: unknown) => {
        this.#printer.warn(messageOf(problem));
      });
      throw this.#withState(error, [...left, `${state()} The run stopped at the step ${step}.`]);
    }
    const durationMs = Math.round(performance.now() - start);
    await this.#journal
      .change(({ done }, at) => ({ done: [...done, { step, at }] }))
      .catch((error: unknown) => {
        throw this.#withState(error, [`The step ${step} is done, but the journal does not record it.`]);
      });
    this.finished.push({ step, outcome: "done", durationMs });
    this.#printer.detail(`${step}: ${formatDuration(durationMs)}`);
  }

  /**
   * Runs work between steps. The journal does not record it, so that every run repeats it.
   * @param state what a failure leaves behind
   */
  async between<T>(state: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (failure) {
      throw this.#withState(this.#reported(failure), [state]);
    }
  }

  /** The error to report: an interruption causes most errors that follow it, and is reported instead of them. */
  #reported(failure: unknown): unknown {
    if (!this.#signal.aborted) return failure;
    const reason: unknown = this.#signal.reason;
    const outlasts = failure instanceof OpsError && failure.outlastsInterruption;
    return outlasts || !(reason instanceof OpsError) ? failure : reason;
  }

  async #recordFailure(step: StepName, error: unknown): Promise<void> {
    const code = error instanceof OpsError ? error.code : "BUG";
    await this.#journal.change((_, at) => ({ stopped: { step, code, message: messageOf(error), at } }));
  }

  /** The error with the state that it leaves and the command that resumes. A bug is returned unchanged, because its stack is needed. */
  #withState(error: unknown, sentences: readonly string[]): unknown {
    if (!(error instanceof OpsError)) return error;
    const resume = `To resume from here:  ${this.#resumeCommand}`;
    return error.with({
      details: [...error.details, ...sentences],
      hint: error.hint === undefined ? resume : `${error.hint}\n  ${resume}`,
      state: "changed",
      cause: error.cause ?? error,
    });
  }
}
