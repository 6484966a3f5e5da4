/** `pnpm validate`: the checks of the environment. */
import { runCommand, type CommandContext, type CommandOutcome } from "@pilot-light/core/cli/command";
import type { Argv } from "yargs";
import { description, validateOptions, type ValidateArguments } from "./validate-options.ts";

/** Adds the command, which is the program's only one. */
export function addValidateCommand(argv: Argv): Argv {
  return argv.command("$0", description, validateOptions, async (args) => {
    await runCommand("validate", args, (context) => dispatch(args, context));
  });
}

async function dispatch(args: ValidateArguments, context: CommandContext): Promise<CommandOutcome> {
  if (args.list) return await (await import("./list-command.ts")).list(context);
  if (args.printPolicy) return await (await import("./list-command.ts")).printPolicy(context);
  const { runValidate } = await import("./run-validate.ts");
  return await runValidate(args, context);
}
