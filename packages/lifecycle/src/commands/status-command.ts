/** `pnpm status`: what is there and what it costs. */
import { commonOptions, helpEpilogue } from "@pilot-light/core/cli/cli";
import { runCommand } from "@pilot-light/core/cli/command";
import type { Argv } from "yargs";
import { terraformVariables } from "./shared.ts";

export function addStatusCommand(argv: Argv): Argv {
  return argv.command(
    "status",
    "Show the mode, the endpoints, what runs, the newest dump, the cost",
    (own) => commonOptions(own).epilogue(helpEpilogue(terraformVariables)),
    async (args) => {
      await runCommand("status", args, async (context) => {
        const { status } = await import("../status.ts");
        return await status(context);
      });
    },
  );
}
