/** `pnpm validate`: the registry with its only command. */
import { runCli } from "@pilot-light/core/cli/cli";
import { validateCommand } from "./validate-command.ts";

export async function run(): Promise<void> {
  await runCli("pnpm validate", process.argv.slice(2), [validateCommand]);
}
