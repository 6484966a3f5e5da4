/** `pnpm sandbox env`: prints the sandbox's variables, for a shell or a program. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { shellWord } from "@pilot-light/core/output/shell";
import { requireState, sandboxExits, sandboxOptions } from "./options.ts";

export const envCommand = defineCommand({
  words: "env",
  name: "sandbox env",
  summary: "Print the sandbox's variables as shell commands, or with --json as an object",
  options: (argv) => sandboxOptions(argv),
  examples: [['eval "$(pnpm --silent sandbox env)"', "set the variables in this shell"]],
  variables: [],
  exits: sandboxExits(),
  run: async (args, { printer }) => {
    const { conflictingVariables, defaultEnvironment } = await import("../environment.ts");
    const state = await requireState(args.dir);
    const environment = defaultEnvironment(state);
    if (!printer.json) {
      for (const name of conflictingVariables(state)) printer.data(`unset ${name}`);
      for (const [name, value] of Object.entries(environment)) {
        printer.data(`export ${name}=${shellWord(value)}`);
      }
    }
    return { outcome: "printed", document: { environment } };
  },
});
