/** The steps of a switch that was agreed to: each once, each in the journal; whatever stops it says where things stand. */
import type { Console } from "@pilot-light/core/console";
import { OpsError } from "@pilot-light/core/errors";
import { formatDuration } from "@pilot-light/core/format";
import type { Journal, StepName, SwitchName } from "./journal.ts";

/** One step as the final report has it. */
export interface FinishedStep {
  step: StepName;
  outcome: "done" | "done before";
  durationMs: number;
}

export class Run {
  readonly finished: FinishedStep[] = [];
  readonly #command: SwitchName;
  readonly #journal: Journal;
  readonly #console: Console;

  constructor(command: SwitchName, journal: Journal, console: Console) {
    this.#command = command;
    this.#journal = journal;
    this.#console = console;
  }

  /**
   * Runs a step, or leaves it out when the journal of a resumed run has it.
   * @param standing where things stand when it fails, as sentences
   * @param undo puts right what the step has changed, when it fails
   * @throws the step's error, with the position and the command that goes on
   */
  async step(
    step: StepName,
    work: () => Promise<void>,
    { standing, undo }: { standing: string; undo?: () => Promise<void> },
  ): Promise<void> {
    const before = this.#journal.unfinished?.done.find((done) => done.step === step);
    if (before !== undefined) {
      this.#console.line(`  ${step.padEnd(10)}done before, ${before.at.slice(0, 16).replace("T", " ")} UTC`);
      this.finished.push({ step, outcome: "done before", durationMs: 0 });
      return;
    }
    const start = performance.now();
    await this.#journal.change(({ begun }) => ({ begun: [...new Set([...begun, step])], stopped: null }));
    try {
      await work();
    } catch (error) {
      await undo?.();
      await this.#stopped(step, error).catch((problem: unknown) => {
        this.#console.warn(problem instanceof Error ? problem.message : String(problem));
      });
      throw positioned(error, `${standing} Stopped at: ${step}.`, this.#command);
    }
    const durationMs = Math.round(performance.now() - start);
    await this.#journal.change(({ done }, at) => ({ done: [...done, { step, at }] }));
    this.finished.push({ step, outcome: "done", durationMs });
    this.#console.detail(`${step}: ${formatDuration(durationMs)}`);
  }

  async #stopped(step: StepName, error: unknown): Promise<void> {
    const code = error instanceof OpsError ? error.code : "BUG";
    const message = error instanceof Error ? error.message : String(error);
    await this.#journal.change((_, at) => ({ stopped: { step, code, message, at } }));
  }
}

/** An error with where things stand, and how to go on. What is not expected stays as it is: its stack is needed. */
function positioned(error: unknown, standing: string, command: SwitchName): unknown {
  if (!(error instanceof OpsError)) return error;
  const { failure, code, message, details, hint, cause } = error;
  return new OpsError(failure, code, message, {
    details: [...details, standing],
    hint: `${hint === undefined ? "" : `${hint}\n  `}To go on from here:  pnpm ${command} --resume`,
    evenIfInterrupted: true,
    cause: cause ?? error,
  });
}
