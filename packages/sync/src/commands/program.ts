/** `pnpm sync`, `pnpm compare`, `pnpm history` and `pnpm dumps`: the registry of their commands. */
import { runCli } from "@pilot-light/core/cli/cli";
import { compareCommand } from "./compare-command.ts";
import {
  downloadCommand,
  listCommand,
  pruneDumpsCommand,
  removeCommand,
  showCommand,
  verifyCommand,
} from "./dumps-commands.ts";
import { historyCommand } from "./history-command.ts";
import { restoreCommand } from "./restore-command.ts";
import { storeNeonUrlCommand } from "./store-neon-url-command.ts";
import { neonToRds, rdsToNeon } from "./sync-command.ts";
import { undoCommand } from "./undo-command.ts";

const others = [
  compareCommand,
  historyCommand,
  listCommand,
  showCommand,
  verifyCommand,
  downloadCommand,
  pruneDumpsCommand,
  removeCommand,
];

/** Runs the command that the arguments name. Without the first word `dumps`, `compare` or `history`, it is one of `pnpm sync`. */
export async function run(): Promise<void> {
  const args = process.argv.slice(2);
  if (args[0] === "dumps" || args[0] === "compare" || args[0] === "history") {
    const groups = { dumps: "List, inspect, check, download or delete the dumps of syncs" };
    await runCli("pnpm", args, others, { groups });
    return;
  }
  const own = [neonToRds, rdsToNeon, restoreCommand, undoCommand, storeNeonUrlCommand];
  await runCli("pnpm sync", args, own);
}
