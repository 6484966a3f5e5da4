/** `pnpm sync`: the registry of its commands. */
import { runCli } from "@pilot-light/core/cli/cli";
import { neonToRds, rdsToNeon } from "./sync-command.ts";
import { undoCommand } from "./undo-command.ts";

export async function run(): Promise<void> {
  await runCli("pnpm sync", process.argv.slice(2), [neonToRds, rdsToNeon, undoCommand]);
}
