/** `pnpm sync`: the registry of its commands. */
import { runCli } from "@pilot-light/core/cli";
import { addSyncCommand } from "./commands/sync-command.ts";

await runCli("pnpm sync", process.argv.slice(2), (argv) =>
  addSyncCommand(addSyncCommand(argv, "neon-to-rds"), "rds-to-neon"),
);
