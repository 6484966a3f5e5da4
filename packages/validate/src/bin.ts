/** `pnpm validate`: its one command. */
import { runCli } from "@pilot-light/core/cli/cli";
import { validateCommand } from "./commands/validate-command.ts";

await runCli("pnpm validate", process.argv.slice(2), [validateCommand]);
