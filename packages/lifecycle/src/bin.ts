/** `pnpm activate`, `pnpm deactivate`, `pnpm status`, `pnpm snapshots`: the registry of the commands. */
import { runCli } from "@pilot-light/core/cli/cli";
import { addSnapshotsCommand } from "./commands/snapshots-command.ts";
import { addStatusCommand } from "./commands/status-command.ts";
import { addSwitchCommand } from "./commands/switch-command.ts";

await runCli("pnpm", process.argv.slice(2), (argv) => {
  addSwitchCommand(argv, "activate");
  addSwitchCommand(argv, "deactivate");
  addStatusCommand(argv);
  return addSnapshotsCommand(argv);
});
