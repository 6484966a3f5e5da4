/** What a run has created and how to remove it, the newest first. */
import type { Printer } from "../output/printer.ts";
import { messageOf } from "../ops-error.ts";

export class UndoList {
  #steps: { what: string; undo: () => Promise<void> }[] = [];

  /** Registers how to remove something, before it is created. */
  add(what: string, undo: () => Promise<void>): void {
    this.#steps.unshift({ what, undo });
  }

  /** Keeps what was created: it is final now. */
  keep(): void {
    this.#steps = [];
  }

  /** Removes everything. What cannot be removed is reported and does not stop the rest. */
  async run(printer: Printer): Promise<void> {
    for (const { what, undo } of this.#steps) {
      await undo().catch((error: unknown) => printer.warn(`could not remove ${what}: ${messageOf(error)}`));
    }
    this.#steps = [];
  }
}
