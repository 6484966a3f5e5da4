/** `pnpm sandbox down`: ends the servers and removes everything. */
import { resolve } from "node:path";
import { runCommand } from "@pilot-light/core/cli/command";
import type { Argv, ArgumentsCamelCase } from "yargs";
import { sandboxOptions } from "./options.ts";

function builder(argv: Argv) {
  return sandboxOptions(argv);
}

type Args = ArgumentsCamelCase<Awaited<ReturnType<typeof builder>["argv"]>>;

export const downCommand = {
  command: "down",
  describe: "Stop the sandbox and remove its files",
  builder,
  handler: (args: Args) =>
    runCommand("sandbox down", args, async ({ printer, environment }) => {
      const [{ stopSandbox }, { readState }] = await Promise.all([
        import("../sandbox.ts"),
        import("../state.ts"),
      ]);
      const state = await readState(resolve(args.dir));
      if (state === undefined) {
        printer.line(`There is no sandbox in ${args.dir}: nothing to stop.`);
        return { outcome: "nothing-to-stop", document: {} };
      }
      await stopSandbox(state, environment);
      printer.line("The sandbox is stopped and its files are removed.");
      return { outcome: "stopped", document: { directory: state.directory } };
    }),
};
