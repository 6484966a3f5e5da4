/** The steps of a switch that was agreed to: each once, each in the journal; whatever stops it says where things stand. */
import type { Printer } from "@pilot-light/core/output/printer";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { formatDuration, formatMinute } from "@pilot-light/core/output/format";
import { findDone, type Journal, type StepName } from "./journal.ts";

/** One step as the final report has it. */
export interface FinishedStep {
  step: StepName;
  outcome: "done" | "done before";
  durationMs: number;
}

export class Run {
  readonly finished: FinishedStep[] = [];
  /** When it was agreed to, as `performance.now()` gives it. */
  readonly start = performance.now();
  readonly #journal: Journal;
  readonly #console: Printer;
  readonly #signal: AbortSignal;
  /** The command that goes on. */
  readonly #goOn: string;

  constructor(
    { journal, printer, signal }: { journal: Journal; printer: Printer; signal: AbortSignal },
    goOn: string,
  ) {
    this.#journal = journal;
    this.#console = printer;
    this.#signal = signal;
    this.#goOn = goOn;
  }

  /**
   * Runs a step, or leaves it out when the journal of a resumed run has it.
   * @param standing where things stand when it fails, as sentences
   * @param undo puts right what the step has changed, when it fails; returns what could not be put right
   * @throws the step's error, with the position and the command that goes on
   */
  async step(
    step: StepName,
    work: () => Promise<void>,
    { standing, undo }: { standing: () => string; undo?: () => Promise<string[]> },
  ): Promise<void> {
    const before = findDone(this.#journal.unfinished, step);
    if (before !== undefined) {
      this.#console.line(`  ${step.padEnd(10)}done before, ${formatMinute(before.at)} UTC`);
      this.finished.push({ step, outcome: "done before", durationMs: 0 });
      return;
    }
    const start = performance.now();
    try {
      await this.#journal.change(({ begun }) => ({ begun: [...new Set([...begun, step])], stopped: null }));
      await work();
    } catch (failure) {
      const error = this.#told(failure);
      const left = (await undo?.()) ?? [];
      await this.#stopped(step, error).catch((problem: unknown) => {
        this.#console.warn(messageOf(problem));
      });
      throw positioned(error, [...left, `${standing()} Stopped at: ${step}.`], this.#goOn);
    }
    const durationMs = Math.round(performance.now() - start);
    await this.#journal
      .change(({ done }, at) => ({ done: [...done, { step, at }] }))
      .catch((error: unknown) => {
        throw positioned(error, [`The step ${step} is done, which its journal does not know.`], this.#goOn);
      });
    this.finished.push({ step, outcome: "done", durationMs });
    this.#console.detail(`${step}: ${formatDuration(durationMs)}`);
  }

  /**
   * What lies between steps, and is not in the journal: it is done in every run.
   * @param standing where things stand when it fails
   */
  async between<T>(standing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (failure) {
      throw positioned(this.#told(failure), [standing], this.#goOn);
    }
  }

  /** Whatever an interruption makes fail, it is the interruption that is told. */
  #told(failure: unknown): unknown {
    return this.#signal.aborted && !isInterruption(failure) ? this.#interruption(failure) : failure;
  }

  #interruption(failure: unknown): unknown {
    const reason: unknown = this.#signal.reason;
    // What changed something although it was interrupted has more to say.
    const tells = failure instanceof OpsError && failure.outlastsInterruption;
    return tells || !(reason instanceof OpsError) ? failure : reason;
  }

  async #stopped(step: StepName, error: unknown): Promise<void> {
    const code = error instanceof OpsError ? error.code : "BUG";
    await this.#journal.change((_, at) => ({ stopped: { step, code, message: messageOf(error), at } }));
  }
}

function isInterruption(error: unknown): boolean {
  return error instanceof OpsError && error.failure === "interrupted";
}

/** An error with where things stand, and how to go on. What is not expected stays as it is: its stack is needed. */
function positioned(error: unknown, standing: readonly string[], goOn: string): unknown {
  if (!(error instanceof OpsError)) return error;
  const on = `To go on from here:  ${goOn}`;
  return error.with({
    details: [...error.details, ...standing],
    hint: error.hint === undefined ? on : `${error.hint}\n  ${on}`,
    state: "changed",
    cause: error.cause ?? error,
  });
}
