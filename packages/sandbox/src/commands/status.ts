/** `pnpm sandbox status`: shows whether each part runs and answers. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { exitCodes } from "@pilot-light/core/ops-error";
import { requireState, sandboxExits, sandboxOptions } from "./options.ts";

export const statusCommand = defineCommand({
  words: "status",
  name: "sandbox status",
  summary: "Show whether each part runs and answers; exit code 1 if a part does not",
  options: (argv) => sandboxOptions(argv),
  variables: [],
  exits: sandboxExits({ 1: "a part does not run" }),
  run: async (args, { printer, environment }) => {
    const [{ isUp, sandboxStatus }, { describeParts }] = await Promise.all([
      import("../status.ts"),
      import("../describe.ts"),
    ]);
    const state = await requireState(args.dir);
    const parts = await sandboxStatus(state, environment);
    const up = isUp(state, parts);
    if (!printer.json) for (const line of describeParts(parts)) printer.data(line);
    if (!up) printer.line("Not every part of the sandbox runs. To start it again:  pnpm sandbox up");
    return {
      outcome: up ? "up" : "incomplete",
      document: { directory: state.directory, seed: state.seed, parts },
      exit: up ? 0 : exitCodes.problems,
    };
  },
});
