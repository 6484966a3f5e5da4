/** What a run has created and how to remove it, the newest first. */
import type { Printer } from "../output/printer.ts";
import { messageOf } from "../ops-error.ts";
import { delayed, grace } from "./grace.ts";

/** Milliseconds that removing everything may take, unless the command is interrupted. */
const removalMs = 60_000;

interface Step {
  what: string;
  remove: (signal: AbortSignal) => Promise<void>;
  /** What happens to the object if it cannot be removed, as a sentence. */
  ifNotRemoved: string;
}

export class CleanUp {
  #steps: Step[] = [];

  /**
   * Records how to remove something, before it is created.
   * @param ifNotRemoved what happens to the object if it cannot be removed, as a sentence
   * @param remove gets a signal that ends its requests
   */
  add(what: string, ifNotRemoved: string, remove: (signal: AbortSignal) => Promise<void>): void {
    this.#steps.unshift({ what, remove, ifNotRemoved });
  }

  /**
   * Removes everything at the same time: an object that cannot be removed must not delay the others.
   * @param interruption shortens the time that each may take to seconds
   * @returns what could not be removed, and what happens to it
   */
  async run(printer: Printer, interruption: AbortSignal): Promise<string[]> {
    const signal = AbortSignal.any([AbortSignal.timeout(removalMs), delayed(interruption, grace.request)]);
    const giveUp = delayed(interruption, grace.removal);
    const steps = this.#steps;
    this.#steps = [];
    const left = await Promise.all(
      steps.map(async ({ what, remove, ifNotRemoved }) => {
        try {
          await orGiveUp(remove(signal), giveUp);
          return [];
        } catch (error) {
          printer.warn(`could not remove ${what}: ${messageOf(error)}`);
          return [`not removed: ${what}. ${ifNotRemoved}`];
        }
      }),
    );
    return left.flat();
  }
}

/** Waits for work until a signal. The work may still succeed afterwards. */
async function orGiveUp(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const given = new Promise<never>((_, reject) => {
    const stop = () => reject(new Error(`not done within ${grace.removal / 1000} s of the interruption`));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  // Nobody waits for the work after the signal. Its failure must not end the process.
  work.catch(() => undefined);
  await Promise.race([work, given]);
}
