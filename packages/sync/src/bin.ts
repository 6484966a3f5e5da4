/** `pnpm sync`: the registry of its commands. */
import { runCli } from "@pilot-light/core/cli/cli";
import { neonToRds, rdsToNeon } from "./commands/sync-command.ts";
import { undoCommand } from "./commands/undo-command.ts";

await runCli("pnpm sync", process.argv.slice(2), [neonToRds, rdsToNeon, undoCommand]);
