/** Chooses the progress reporter: a block that is redrawn on a terminal, plain lines elsewhere. */
import type { Printer } from "@pilot-light/core/output/printer";
import { LiveProgress } from "./live.ts";
import { PlainProgress } from "./plain.ts";
import type { Progress } from "./progress.ts";

/**
 * The reporter for the output of the printer: a terminal or another stream.
 * @param pages returns the page that describes a check. Default: `docs/checks/<id>.md`.
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
