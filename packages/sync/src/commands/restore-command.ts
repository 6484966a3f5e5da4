/** `pnpm sync restore <key|latest> --to rds|neon`: replace a database with a dump from S3. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { keepBranchOption } from "@pilot-light/core/cli/options";
import { unverified } from "./allow-unverified.ts";
import { replacingOptions, syncVariables } from "./shared-options.ts";

export const restoreCommand = defineCommand({
  words: "restore <key>",
  name: "sync restore",
  summary: "Replace a database with a dump from S3",
  options: (argv) =>
    keepBranchOption(replacingOptions(argv))
      .positional("key", {
        type: "string",
        demandOption: true,
        describe:
          "`latest` for the newest complete dump, the key of a dump, or a part of a key that fits one dump only",
      })
      .option("to", {
        choices: ["rds", "neon"] as const,
        demandOption: true,
        requiresArg: true,
        describe: "The database to replace",
        group: "Input:",
      })
      .option(unverified.option, {
        type: "boolean",
        default: false,
        describe: unverified.describe,
        group: "Safety:",
      }),
  examples: [
    ["$0 restore latest --to rds --dry-run", "show what the restore would replace"],
    ["$0 restore rds-dumps/2026-11-22T09-30-00 --to neon", "restore a dump of RDS to Neon"],
  ],
  variables: syncVariables,
  changes: ["restored"],
  hasReport: true,
  run: async ({ key, outputsFile, ...args }, context) => {
    const { runRestoreCommand } = await import("./run-restore.ts");
    const { outputsSource } = await import("@pilot-light/core/terraform/outputs");
    return await runRestoreCommand(
      key,
      { ...args, outputs: outputsSource(outputsFile, context.environment) },
      context,
    );
  },
});
