/** `pnpm sync`: the registry of its commands. */
import { runCli } from "@pilot-light/core/cli/cli";
import { addSyncCommand } from "./commands/sync-command.ts";
import { addUndoCommand } from "./commands/undo-command.ts";

await runCli("pnpm sync", process.argv.slice(2), (argv) => {
  addSyncCommand(argv, "neon-to-rds");
  addSyncCommand(argv, "rds-to-neon");
  return addUndoCommand(argv);
});
