/** Options and variables that several commands of a sync have. */
import { confirmationOptions, jobsOption, outputsFileOption, viaOption } from "@pilot-light/core/cli/options";
import { defaultJobs } from "@pilot-light/core/config/default-jobs";
import type { VariableName } from "@pilot-light/core/config/env";
import { rdsVariables } from "@pilot-light/core/config/via";
import type { Argv } from "yargs";
import { allowances, type AllowOption } from "../plan/rules/index.ts";

/** Variables that the commands read, in the order of their help. */
export const syncVariables = [
  "NEON_DATABASE_URL",
  "NEON_API_KEY",
  "NEON_PROJECT_ID",
  "PILOT_LIGHT_KEEP_BRANCH_DAYS",
  "NEON_API_HOST",
  "AWS_REGION",
  "PROJECT_NAME",
  "PILOT_LIGHT_OUTPUTS_FILE",
  "PILOT_LIGHT_OUTPUTS",
  "PILOT_LIGHT_ACCOUNT_ID",
  "PILOT_LIGHT_PG_BIN",
  ...rdsVariables,
  "PGCONNECT_TIMEOUT",
  "PILOT_LIGHT_STALL_SECONDS",
] as const satisfies VariableName[];

/** `--dry-run`, `--yes`, `--outputs-file`, `--via`. */
export function sharedOptions<T>(argv: Argv<T>) {
  return viaOption(outputsFileOption(confirmationOptions(argv)));
}

/** One option for each flag that allows what a preflight rule refuses. */
const allowOptions = Object.fromEntries(
  allowances.map(({ option, describe }) => [
    option,
    { type: "boolean", default: false, describe, group: "Safety:" },
  ]),
) as Record<AllowOption, { type: "boolean"; default: false; describe: string; group: string }>;

/** The options of a command that replaces a target: of a sync and of a restore. */
export function replacingOptions(argv: Argv) {
  const own = sharedOptions(argv)
    .option("target-backup", {
      type: "boolean",
      default: true,
      describe: "Dump the target to S3 before it is replaced (--no-target-backup skips the dump)",
      group: "Safety:",
    })
    .option("in-place", {
      type: "boolean",
      default: false,
      describe:
        "Replace the contents in one transaction, without a staging database; sessions that read the target wait meanwhile",
      group: "Safety:",
    })
    .option("drop-previous-first", {
      type: "boolean",
      default: false,
      describe: "Drop the previous targets of earlier syncs before the copy, to make room",
      group: "Safety:",
    })
    .check(({ inPlace, targetBackup }) => {
      if (!inPlace || targetBackup) return true;
      throw new Error("--in-place excludes --no-target-backup: the dump of the target is the only way back.");
    })
    .options(allowOptions)
    .option("verify", {
      choices: ["checksums", "counts"] as const,
      default: "checksums" as const,
      describe: "checksums compares the hash of every row; counts compares only the numbers of rows",
      group: "Safety:",
    });
  return jobsOption(own, { counted: "Parallel database sessions", initial: defaultJobs, most: 32 });
}
