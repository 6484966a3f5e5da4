/** `pnpm sync` and `pnpm dumps`: the registry of their commands. */
import { runCli } from "@pilot-light/core/cli/cli";
import {
  downloadCommand,
  listCommand,
  pruneDumpsCommand,
  removeCommand,
  showCommand,
  verifyCommand,
} from "./dumps-commands.ts";
import { neonToRds, rdsToNeon } from "./sync-command.ts";
import { undoCommand } from "./undo-command.ts";

const dumpsCommands = [
  listCommand,
  showCommand,
  verifyCommand,
  downloadCommand,
  pruneDumpsCommand,
  removeCommand,
];

/** Runs the program that the first word names: `pnpm dumps`, or else `pnpm sync`. */
export async function run(): Promise<void> {
  const args = process.argv.slice(2);
  if (args[0] === "dumps") {
    const groups = { dumps: "List, inspect, check, download or delete the dumps of syncs" };
    await runCli("pnpm", args, dumpsCommands, { groups });
    return;
  }
  await runCli("pnpm sync", args, [neonToRds, rdsToNeon, undoCommand]);
}
