/** `pnpm sync undo rds|neon`: revert the last sync. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { sharedOptions, syncVariables } from "./shared-options.ts";

export const undoCommand = defineCommand({
  words: "undo <database>",
  name: "sync undo",
  summary: "Revert the last sync: swap the target with the previous target",
  options: (argv) =>
    sharedOptions(argv).positional("database", {
      choices: ["rds", "neon"] as const,
      demandOption: true,
      describe: "The database whose last sync is reverted",
    }),
  examples: [["$0 undo rds --dry-run", "show which database gets the name of the target"]],
  variables: syncVariables,
  changes: ["undone"],
  hasReport: true,
  run: async ({ database, outputsFile, ...args }, context) => {
    const { runUndoCommand } = await import("./run-undo.ts");
    const { outputsSource } = await import("@pilot-light/core/terraform/outputs");
    return await runUndoCommand(
      database,
      { ...args, outputs: outputsSource(outputsFile, context.environment) },
      context,
    );
  },
});
