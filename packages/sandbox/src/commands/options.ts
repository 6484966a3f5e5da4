/** What all sandbox commands have: the option, and the exit codes of their help. Heavy modules load when a command runs, so that `--help` answers at once. */
import { resolve } from "node:path";
import type { Argv } from "yargs";
import { exitCodeMeanings } from "@pilot-light/core/ops-error";
import { noSandbox } from "../errors.ts";
import type { SandboxState } from "../state.ts";

/** Options of every sandbox command. */
export function sandboxOptions<T>(argv: Argv<T>) {
  return argv.option("dir", {
    type: "string",
    default: ".sandbox",
    describe: "Directory of the sandbox, for its state and its logs",
    requiresArg: true,
  });
}

const { 2: usage, 3: configuration, 4: refused, 70: bug, 130: interrupted } = exitCodeMeanings;

/**
 * The exit codes of a sandbox command, for its help.
 * @param own those that only this command has, and those with another meaning
 */
export function sandboxExits(own: Readonly<Record<number, string>> = {}): Readonly<Record<number, string>> {
  return { 0: "success", 2: usage, 3: configuration, 4: refused, 70: bug, 130: interrupted, ...own };
}

/**
 * The state of the sandbox in a directory, whether its servers run or not.
 * @throws OpsError NO_SANDBOX (precondition)
 */
export async function requireState(directory: string): Promise<SandboxState> {
  const { readState } = await import("../state.ts");
  const state = await readState(resolve(directory));
  if (state !== undefined) return state;
  throw noSandbox({ directory });
}
