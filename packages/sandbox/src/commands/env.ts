/** `pnpm sandbox env`: the environment of the sandbox, for a shell or a program. */
import { runCommand } from "@pilot-light/core/cli/command";
import type { Argv, ArgumentsCamelCase } from "yargs";
import { requireState, sandboxOptions } from "./options.ts";

function builder(argv: Argv) {
  return sandboxOptions(argv).example('eval "$(pnpm --silent sandbox env)"', "take it over into this shell");
}

type Args = ArgumentsCamelCase<Awaited<ReturnType<typeof builder>["argv"]>>;

/** Any text as one word of a POSIX shell. */
function shellWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export const envCommand = {
  command: "env",
  describe: "Print the environment as shell commands, or with --json as an object",
  builder,
  handler: (args: Args) =>
    runCommand("sandbox env", args, async ({ printer }) => {
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
    }),
};
