/** Chooses the progress reporter: a block that is redrawn on a terminal, plain lines elsewhere. */
import type { Printer } from "@pilot-light/core/output/printer";
import { LiveProgress } from "./live.ts";
import { PlainProgress } from "./plain.ts";
import type { Progress } from "./progress.ts";

/** The reporter that fits the console. */
export function createProgress(printer: Printer, selected: ReadonlySet<string>): Progress {
  // Lines of --verbose in between would tear a redrawn block apart.
  return printer.interactive && !printer.json && !printer.verbose
    ? new LiveProgress(printer, selected)
    : new PlainProgress(printer, selected);
}
