/** `pnpm activate`, `pnpm deactivate`, `pnpm status`, `pnpm snapshots`: the registry of the commands. */
import { runCli } from "@pilot-light/core/cli/cli";
import { activateCommand, deactivateCommand } from "./commands/mode-change-command.ts";
import { pruneCommand, snapshotsCommand } from "./commands/snapshots-command.ts";
import { statusCommand } from "./commands/status-command.ts";

const commands = [activateCommand, deactivateCommand, statusCommand, snapshotsCommand, pruneCommand];
await runCli("pnpm", process.argv.slice(2), commands, {
  groups: { snapshots: "List or prune the snapshots of the database" },
});
