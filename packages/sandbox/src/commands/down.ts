/** `pnpm sandbox down`: stops the servers and deletes their files. */
import { resolve } from "node:path";
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { sandboxExits, sandboxOptions } from "./options.ts";

export const downCommand = defineCommand({
  words: "down",
  name: "sandbox down",
  summary: "Stop the sandbox and delete its files",
  options: (argv) => sandboxOptions(argv),
  variables: [],
  exits: sandboxExits(),
  run: async (args, { printer, environment }) => {
    const [{ stopSandbox }, { readState }] = await Promise.all([
      import("../sandbox.ts"),
      import("../state.ts"),
    ]);
    const state = await readState(resolve(args.dir));
    if (state === undefined) {
      printer.line(`There is no sandbox in ${args.dir}.`);
      return { outcome: "nothing-to-stop", document: {} };
    }
    await stopSandbox(state, environment);
    printer.line("The sandbox was stopped, and its files were deleted.");
    return { outcome: "stopped", document: { directory: state.directory } };
  },
});
