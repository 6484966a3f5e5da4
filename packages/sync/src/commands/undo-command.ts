/** `pnpm sync undo rds|neon`: take the last sync back. */
import { commonOptions, helpEpilogue } from "@pilot-light/core/cli/cli";
import { runCommand } from "@pilot-light/core/cli/command";
import type { Argv } from "yargs";
import { safetyOptions, syncVariables } from "./shared-options.ts";

/** Adds the command. */
export function addUndoCommand(argv: Argv): Argv {
  return argv.command(
    "undo <database>",
    "Take the last sync back: the former database gets its name again",
    (command) =>
      safetyOptions(commonOptions(command))
        .positional("database", {
          choices: ["rds", "neon"] as const,
          demandOption: true,
          describe: "Whose last sync",
        })
        .example("$0 undo rds --dry-run", "see what would come back")
        .epilogue(helpEpilogue(syncVariables)),
    async (args) => {
      await runCommand("sync undo", args, async (context) => {
        const { undo } = await import("../undo.ts");
        return await undo(args.database, args, context);
      });
    },
  );
}
