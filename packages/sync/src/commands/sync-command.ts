/** `pnpm sync neon-to-rds` and `pnpm sync rds-to-neon`: one command, two directions. */
import { defineCommand, type Command } from "@pilot-light/core/cli/define-command";
import { jobsOption } from "@pilot-light/core/cli/options";
import { usage } from "@pilot-light/core/errors";
import { defaultJobs } from "@pilot-light/core/config/default-jobs";
import type { Argv } from "yargs";
import type { DirectionName } from "../direction.ts";
import { allowances, type AllowOption } from "../plan/rules/index.ts";
import { sharedOptions, syncVariables } from "./shared-options.ts";

/** One option for each flag that allows what a preflight rule refuses. */
const allowOptions = Object.fromEntries(
  allowances.map(({ option, describe }) => [
    option,
    { type: "boolean", default: false, describe, group: "Safety:" },
  ]),
) as Record<AllowOption, { type: "boolean"; default: false; describe: string; group: string }>;

function options(argv: Argv) {
  const own = sharedOptions(argv)
    .option("target-backup", {
      type: "boolean",
      default: true,
      describe: "Dump the target to S3 before it is replaced (--no-target-backup skips the dump)",
      group: "Safety:",
    })
    .options(allowOptions)
    .option("verify", {
      choices: ["checksums", "counts"] as const,
      default: "checksums" as const,
      describe: "Compare the hash of every row, or only the number of rows",
      group: "Safety:",
    });
  return jobsOption(onFargate(own), {
    counted: "Parallel database sessions",
    initial: defaultJobs,
    most: 32,
  });
}

/** `--on-fargate`. */
function onFargate<T>(argv: Argv<T>) {
  return argv.option("on-fargate", {
    type: "boolean",
    default: false,
    describe: "Run the sync in a task inside AWS, and follow it",
    group: "Input:",
  });
}

function syncCommand(direction: DirectionName, summary: string): Command {
  return defineCommand({
    words: direction,
    name: `sync ${direction}`,
    summary,
    options,
    examples: [
      [`$0 ${direction} --dry-run`, "show what the sync would replace"],
      [`$0 ${direction} --yes --json`, "run it in CI"],
      [`$0 ${direction} --on-fargate`, "run it inside AWS, for a large database"],
    ],
    variables: syncVariables,
    run: async ({ outputsFile, onFargate: isRemote, ...args }, context) => {
      const { outputsSource } = await import("@pilot-light/core/terraform/outputs");
      const given = { ...args, outputs: outputsSource(outputsFile, context.environment) };
      if (isRemote) {
        if (args.via !== undefined || args.rdsAuth !== undefined) {
          throw usage({
            problem: "--on-fargate excludes --via and --rds-auth: the task connects to RDS in its own way.",
          });
        }
        const { runOnFargate } = await import("./run-on-fargate.ts");
        return await runOnFargate(direction, given, context);
      }
      const { runSyncCommand } = await import("./run-sync.ts");
      return await runSyncCommand(direction, given, context);
    },
  });
}

export const neonToRds = syncCommand(
  "neon-to-rds",
  "Replace the RDS database with a copy of the Neon database",
);
export const rdsToNeon = syncCommand(
  "rds-to-neon",
  "Replace the Neon database, which production reads, with a copy of the RDS database",
);
