/** `pnpm dumps list|show|verify|download|prune|rm`: the dumps that syncs have stored in S3. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { confirmationOptions, outputsFileOption } from "@pilot-light/core/cli/options";
import { parseCount } from "@pilot-light/core/cli/option-values";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { VariableName } from "@pilot-light/core/config/env";
import type { Argv } from "yargs";
import { needed } from "./allow-needed.ts";

/** Variables that every command about dumps reads. */
const variables = [
  "AWS_REGION",
  "AWS_ENDPOINT_URL",
  "PROJECT_NAME",
  "PILOT_LIGHT_OUTPUTS_FILE",
  "PILOT_LIGHT_OUTPUTS",
  "PILOT_LIGHT_ACCOUNT_ID",
  "PILOT_LIGHT_STALL_SECONDS",
] as const satisfies VariableName[];

/** Variables that locate the journal of the last mode change. */
const journalVariables = [
  "TF_CLOUD_ORGANIZATION",
  "TF_WORKSPACE",
  "TF_STATE_BUCKET",
  "TF_STATE_REGION",
] as const satisfies VariableName[];

function dumpsOptions<T>(argv: Argv<T>) {
  return outputsFileOption(
    argv.option("system", {
      choices: ["neon", "rds"] as const,
      describe: "Only dumps of this database",
      group: "Selection:",
      requiresArg: true,
    }),
  );
}

function keyArgument<T>(argv: Argv<T>) {
  return argv.positional("key", {
    type: "string",
    demandOption: true,
    describe: "`latest`, the key of a dump, or a part of a key that fits one dump only",
  });
}

/** The parsed options, and where the Terraform outputs are read from. */
async function select<T extends { outputsFile: string | undefined }>(args: T, context: CommandContext) {
  const { outputsSource } = await import("@pilot-light/core/terraform/outputs");
  return { ...args, outputs: outputsSource(args.outputsFile, context.environment) };
}

export const listCommand = defineCommand({
  words: "dumps list",
  name: "dumps list",
  summary: "List the newest dumps in S3",
  options: (argv) =>
    dumpsOptions(argv).option("limit", {
      type: "number",
      default: 20,
      describe: "How many dumps to list",
      group: "Selection:",
      requiresArg: true,
      coerce: (limit: number) => parseCount("limit", limit),
    }),
  examples: [["$0 dumps list --system rds", "only dumps of RDS"]],
  variables,
  run: async (args, context) => {
    const { runList } = await import("./run-dumps.ts");
    return await runList(await select(args, context), context);
  },
});

export const showCommand = defineCommand({
  words: "dumps show <key>",
  name: "dumps show",
  summary: "Show a dump and its manifest: versions, tables, rows, durations",
  options: (argv) => dumpsOptions(keyArgument(argv)),
  examples: [
    ["$0 dumps show latest", "the newest complete dump"],
    ["$0 dumps show 2026-11-22T09-30 --system rds", "a part of a key"],
  ],
  variables,
  run: async (args, context) => {
    const { runShow } = await import("./run-dumps.ts");
    return await runShow(args.key, await select(args, context), context);
  },
});

export const verifyCommand = defineCommand({
  words: "dumps verify <key>",
  name: "dumps verify",
  summary: "Download a dump to a temporary file, and check every byte against its manifest",
  options: (argv) => dumpsOptions(keyArgument(argv)),
  examples: [["$0 dumps verify latest", "exit code 1 if the dump is damaged"]],
  variables: [...variables, "PILOT_LIGHT_PG_BIN"],
  run: async (args, context) => {
    const { runVerify } = await import("./run-dumps.ts");
    return await runVerify(args.key, await select(args, context), context);
  },
});

export const downloadCommand = defineCommand({
  words: "dumps download <key>",
  name: "dumps download",
  summary: "Download a dump to a file that pg_restore can read, and check its SHA-256",
  options: (argv) =>
    dumpsOptions(keyArgument(argv)).option("file", {
      type: "string",
      describe: "The file to create, by default named after the dump, in this directory",
      group: "Output:",
      requiresArg: true,
    }),
  examples: [["$0 dumps download latest --file last.dump", "the newest complete dump"]],
  variables,
  run: async (args, context) => {
    const { runDownload } = await import("./run-dumps.ts");
    return await runDownload(args.key, await select(args, context), context);
  },
});

export const pruneDumpsCommand = defineCommand({
  words: "dumps prune",
  name: "dumps prune",
  summary: "Delete old dumps, and incomplete dumps after a day; keep those that a command may need",
  options: (argv) =>
    confirmationOptions(dumpsOptions(argv))
      .option("keep", {
        type: "number",
        describe: "Keep this many of the newest dumps of each database",
        group: "Selection:",
        requiresArg: true,
        coerce: (keep: number | undefined) => (keep === undefined ? undefined : parseCount("keep", keep)),
      })
      .option("days", {
        type: "number",
        describe: "Keep dumps that are younger than this many days",
        group: "Selection:",
        requiresArg: true,
        coerce: (days: number | undefined) => (days === undefined ? undefined : parseCount("days", days)),
      }),
  examples: [
    [
      "$0 dumps prune --keep 10 --days 7 --dry-run",
      "delete dumps older than a week, but keep the newest ten",
    ],
    ["$0 dumps prune", "only incomplete dumps"],
  ],
  changes: ["pruned"],
  variables: [...variables, ...journalVariables],
  run: async (args, context) => {
    const { runPrune } = await import("./run-deletion.ts");
    return await runPrune(await select(args, context), context);
  },
});

export const removeCommand = defineCommand({
  words: "dumps rm <key>",
  name: "dumps rm",
  summary: "Delete one dump and its manifest",
  options: (argv) =>
    confirmationOptions(dumpsOptions(keyArgument(argv))).option(needed.option, {
      type: "boolean",
      default: false,
      describe: needed.describe,
      group: "Safety:",
    }),
  changes: ["removed"],
  variables: [...variables, ...journalVariables],
  run: async (args, context) => {
    const { runRemoval } = await import("./run-deletion.ts");
    return await runRemoval(args.key, await select(args, context), context);
  },
});
