/** `pnpm sync`, `pnpm compare` and `pnpm dumps`: the registry of their commands. */
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
import { storeNeonUrlCommand } from "./store-neon-url-command.ts";
import { neonToRds, rdsToNeon } from "./sync-command.ts";
import { undoCommand } from "./undo-command.ts";

const others = [
  compareCommand,
  listCommand,
  showCommand,
  verifyCommand,
  downloadCommand,
  pruneDumpsCommand,
  removeCommand,
];

/** Runs the program that the first word names; without such a word, `pnpm sync`. */
export async function run(): Promise<void> {
  const args = process.argv.slice(2);
  if (args[0] === "dumps" || args[0] === "compare") {
    const groups = { dumps: "List, inspect, check, download or delete the dumps of syncs" };
    await runCli("pnpm", args, others, { groups });
    return;
  }
  await runCli("pnpm sync", args, [neonToRds, rdsToNeon, undoCommand, storeNeonUrlCommand]);
}
