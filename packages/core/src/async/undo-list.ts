/** What a run has made and how to remove it, the last first. */
import type { Printer } from "../output/printer.ts";
import { messageOf } from "../ops-error.ts";

export class UndoList {
  #steps: { what: string; undo: () => Promise<void> }[] = [];

  /** Says before something is made how it is removed. */
  add(what: string, undo: () => Promise<void>): void {
    this.#steps.unshift({ what, undo });
  }

  /** What was made is meant to stay from now on. */
  keep(): void {
    this.#steps = [];
  }

  /** Removes everything; what cannot be removed is said and does not stop the rest. */
  async run(printer: Printer): Promise<void> {
    for (const { what, undo } of this.#steps) {
      await undo().catch((error: unknown) => printer.warn(`could not remove ${what}: ${messageOf(error)}`));
    }
    this.#steps = [];
  }
}
