/** `pnpm sandbox status`: whether each part runs and answers. */
import { runCommand } from "@pilot-light/core/cli/command";
import { exitCodes } from "@pilot-light/core/errors";
import type { Argv, ArgumentsCamelCase } from "yargs";
import { requireState, sandboxOptions } from "./options.ts";

function builder(argv: Argv) {
  return sandboxOptions(argv);
}

type Args = ArgumentsCamelCase<Awaited<ReturnType<typeof builder>["argv"]>>;

export const statusCommand = {
  command: "status",
  describe: "Show whether each part runs and answers; exit 1 when one does not",
  builder,
  handler: (args: Args) =>
    runCommand("sandbox status", args, async ({ printer, environment }) => {
      const [{ isUp, sandboxStatus }, { describeParts }] = await Promise.all([
        import("../status.ts"),
        import("../describe.ts"),
      ]);
      const state = await requireState(args.dir);
      const parts = await sandboxStatus(state, environment);
      const up = isUp(state, parts);
      if (!printer.json) for (const line of describeParts(parts)) printer.data(line);
      if (!up) printer.line("Not everything runs. Start it anew: pnpm sandbox up");
      return {
        outcome: up ? "up" : "incomplete",
        document: { directory: state.directory, seed: state.seed, parts },
        exit: up ? 0 : exitCodes.problems,
      };
    }),
};
