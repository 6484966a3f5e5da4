/** `pnpm configure`: asks for the settings that a new user needs, and writes them to a file. */
import { resolve } from "node:path";
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { confirmationOptions } from "@pilot-light/core/cli/options";
import { configurableVariables } from "./shared.ts";

export const configureCommand = defineCommand({
  words: "configure",
  name: "configure",
  summary: "Ask for the settings that a new user needs, and write them to .env",
  options: (argv) =>
    confirmationOptions(
      argv
        .option("set", {
          type: "string",
          array: true,
          default: [] as string[],
          describe:
            "Write NAME=value. NAME alone takes the value of the environment variable of that name, as a secret must; may be repeated",
          group: "Input:",
          requiresArg: true,
        })
        .option("to", {
          type: "string",
          describe: "File to write [default: .env in the current directory]",
          group: "Input:",
          requiresArg: true,
        }),
    ),
  examples: [
    ["$0 configure", "ask on the terminal"],
    ["$0 configure --set AWS_REGION=eu-west-1 --set NEON_DATABASE_URL --yes", "without a terminal"],
  ],
  variables: configurableVariables,
  run: async ({ set, to, dryRun, yes }, context) => {
    const { callersDirectory, usualSettingsFile } = await import("@pilot-light/core/config/settings-file");
    const { configure } = await import("../configure/configure.ts");
    const path = resolve(callersDirectory(context.environment, process.cwd()), to ?? usualSettingsFile);
    return await configure({ path, to, set, dryRun, yes }, context);
  },
});
