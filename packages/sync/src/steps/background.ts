/** Parts of a sync that run at the same time. The first failure of a part ends the others, as an interruption does. */
import { setMaxListeners } from "node:events";

export class Background {
  /** Aborted by an interruption and by the first part that fails. Its reason is the first error. */
  readonly signal: AbortSignal;
  readonly #failing = new AbortController();
  readonly #parts: Promise<unknown>[] = [];

  constructor(interruption: AbortSignal) {
    this.signal = AbortSignal.any([interruption, this.#failing.signal]);
    setMaxListeners(0, this.signal);
  }

  start<T>(part: Promise<T>): Promise<T> {
    part.catch((error: unknown) => this.#failing.abort(error));
    this.#parts.push(part);
    return part;
  }

  /** Ends the parts that still run, and waits for their end. */
  async stop(error: unknown): Promise<void> {
    this.#failing.abort(error);
    await Promise.allSettled(this.#parts);
  }
}
