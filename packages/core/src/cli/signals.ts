/**
 * The signals that interrupt a command. The first one aborts the work, which then stops safely. A second one ends the process at once, unless
 * the work must run to its end. After the command has ended, a signal aborts what follows, such as storing the record.
 */
import { setMaxListeners } from "node:events";
import { isProtected } from "../async/protect.ts";
import { interrupted, interruptedTwice } from "../errors.ts";
import type { OpsError } from "../ops-error.ts";
import type { Printer } from "../output/printer.ts";

export interface SignalsOptions {
  printer: Printer;
  /** Whether another program gets the signals, and reports their effect itself. */
  forwardsSignals: boolean;
  /** Ends the process with an error. */
  exit: (error: OpsError) => void;
}

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A second signal within this time is the same Ctrl-C: the process gets it through its process group, and again from pnpm. */
const sameSignalMs = 1000;

export class Signals implements Disposable {
  readonly #options: SignalsOptions;
  readonly #work = new AbortController();
  readonly #after = new AbortController();
  #hasEnded = false;
  #stoppedAt = -Infinity;
  readonly #onSignal = (signal: NodeJS.Signals) => this.#stop(signal);

  constructor(options: SignalsOptions) {
    this.#options = options;
    // Every session and request listens to it.
    setMaxListeners(0, this.#work.signal);
    for (const name of names) process.on(name, this.#onSignal);
  }

  /** Aborted by the first signal. Its reason is the error INTERRUPTED. */
  get work(): AbortSignal {
    return this.#work.signal;
  }

  /** Aborted by a signal after the end of the command. */
  get after(): AbortSignal {
    return this.#after.signal;
  }

  /** From now on, a signal aborts `after`. */
  commandEnded(): void {
    this.#hasEnded = true;
  }

  #stop(signal: NodeJS.Signals): void {
    const { printer, forwardsSignals, exit } = this.#options;
    const isSame = performance.now() - this.#stoppedAt <= sameSignalMs;
    if (this.#hasEnded) {
      if (!isSame) this.#after.abort(interrupted({ signal }));
    } else if (!this.work.aborted) {
      this.#stoppedAt = performance.now();
      if (!forwardsSignals) printer.progress(`\n  ${signal}: stopping safely ...`);
      this.#work.abort(interrupted({ signal }));
    } else if (!forwardsSignals && !isSame) {
      if (!isProtected()) exit(interruptedTwice({ signal }));
      printer.progress(`  ${signal}: waiting until the swap has ended or is reverted ...`);
    }
  }

  [Symbol.dispose](): void {
    for (const name of names) process.off(name, this.#onSignal);
  }
}
