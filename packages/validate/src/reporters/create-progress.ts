/** Chooses the progress reporter: a block that is redrawn on a terminal, plain lines elsewhere. */
import type { Printer } from "@pilot-light/core/output/printer";
import { LiveProgress } from "./live.ts";
import { PlainProgress } from "./plain.ts";
import type { Progress } from "./progress.ts";

/**
 * The reporter for what the printer writes to.
 * @param pages the page that describes a check; default: that of a check of a validation
 */
export function createProgress(
  printer: Printer,
  selected: ReadonlySet<string>,
  pages?: (id: string) => string,
): Progress {
  // The lines of --verbose would break a redrawn block.
  return printer.interactive && !printer.json && !printer.verbose
    ? new LiveProgress(printer, selected, undefined, pages)
    : new PlainProgress(printer, selected, pages);
}
