/** `pnpm configure`, `doctor`, `activate`, `deactivate`, `status`, `tunnel`, `policy`, `snapshots`, and `infra:*`: the registry of the commands. */
import { runCli } from "@pilot-light/core/cli/cli";
import { adoptCommand } from "./adopt-command.ts";
import { activateCommand, deactivateCommand } from "./mode-change-command.ts";
import { configureCommand } from "./configure-command.ts";
import { deployCommand, diffCommand, outputCommand } from "./deployment-command.ts";
import { policyCommand } from "./policy-command.ts";
import { doctorCommand } from "./doctor-command.ts";
import { pruneCommand, snapshotsCommand } from "./snapshots-command.ts";
import { statusCommand } from "./status-command.ts";
import { tunnelCommand } from "./tunnel-command.ts";

const commands = [
  configureCommand,
  doctorCommand,
  activateCommand,
  deactivateCommand,
  statusCommand,
  tunnelCommand,
  policyCommand,
  snapshotsCommand,
  pruneCommand,
  diffCommand,
  deployCommand,
  outputCommand,
  adoptCommand,
];

export async function run(): Promise<void> {
  await runCli("pnpm", process.argv.slice(2), commands, {
    groups: { snapshots: "List or prune the snapshots of the database" },
  });
}
