/** The option that all sandbox commands have. Heavy modules load when a command runs, so that `--help` answers at once. */
import { resolve } from "node:path";
import type { Argv } from "yargs";
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
