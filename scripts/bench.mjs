/** `pnpm bench <name> ...`: runs one script of scripts/bench/. Each compares a command with a named alternative in the same run. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { endProgramsOnInterrupt, exitCodeOf, interruptedBy, printError, root } from "./run.mjs";

const names = readdirSync(join(root, "scripts/bench")).map((file) => file.replace(/\.mjs$/, ""));
const [name = ""] = process.argv.slice(2);

endProgramsOnInterrupt();
if (names.includes(name)) {
  try {
    await import(`./bench/${name}.mjs`);
  } catch (error) {
    const signal = interruptedBy();
    if (signal === undefined) printError(error);
    process.exitCode = signal === undefined ? 1 : exitCodeOf(signal);
  }
} else {
  const usage = `Usage: pnpm bench <name>, where <name> is one of: ${names.join(", ")}`;
  if (name === "--help" || name === "-h") console.log(usage);
  else {
    console.error(usage);
    process.exitCode = 2;
  }
}
