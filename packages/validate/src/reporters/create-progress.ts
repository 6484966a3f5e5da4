/** Chooses the progress reporter: a block that is redrawn on a terminal, plain lines elsewhere. */
import type { Console } from "@pilot-light/core/output/output";
import { LiveProgress } from "./live.ts";
import { PlainProgress } from "./plain.ts";
import type { Progress } from "./progress.ts";

/** The reporter that fits the console. */
export function createProgress(console: Console, selected: ReadonlySet<string>): Progress {
  // Lines of --verbose in between would tear a redrawn block apart.
  return console.interactive && !console.json && !console.verbose
    ? new LiveProgress(console, selected)
    : new PlainProgress(console, selected);
}
