/** `pnpm sync neon-to-rds` and `pnpm sync rds-to-neon`: one command, two directions. */
import { usage } from "@pilot-light/core/errors";
import type { Argv } from "yargs";
import { defineCommand, type Command } from "@pilot-light/core/cli/define-command";
import type { DirectionName } from "../direction.ts";
import { keepBranchOption } from "@pilot-light/core/cli/options";
import { replacingOptions, syncVariables } from "./shared-options.ts";

function options(argv: Argv, direction: DirectionName) {
  // A sync to Neon refuses these options, so its help does not offer them: SCRIPT_TO_NEON, FILTER_TO_NEON.
  const hidden = direction === "rds-to-neon";
  const own = resumeOption(onFargate(replacingOptions(argv)))
    .option("schema", {
      type: "string",
      array: true,
      nargs: 1,
      describe: "Copy only the schemas that match this pattern of pg_dump; may be repeated",
      group: "Content:",
      hidden,
      requiresArg: true,
    })
    .option("exclude-table-data", {
      type: "string",
      array: true,
      nargs: 1,
      describe: "Copy the tables that match this pattern of pg_dump without their rows; may be repeated",
      group: "Content:",
      hidden,
      requiresArg: true,
    })
    .check(() => {
      // yargs removes the quotes, and with them the meaning of the pattern.
      const [quoted] = process.argv.flatMap(
        (argument) => /^(--exclude-table-data|--schema)=["']/.exec(argument)?.[1] ?? [],
      );
      if (quoted === undefined) return true;
      throw new Error(`Write a pattern with quotes as a separate argument: ${quoted} '"Name"'.`);
    })
    .option("after-restore", {
      type: "string",
      describe: "Run this file of SQL statements on the verified copy, before the copy replaces RDS",
      group: "Content:",
      hidden,
      requiresArg: true,
    });
  // yargs changes `argv` itself. The type of `own` does not name the option: its value reaches the command as a variable.
  if (direction === "rds-to-neon") keepBranchOption(own);
  return own;
}

/** `--resume`. */
function resumeOption<T>(argv: Argv<T>) {
  return argv.option("resume", {
    type: "boolean",
    default: false,
    describe: "Restore the dump of an interrupted sync, without reading the source again",
    group: "Content:",
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
    options: (argv) => options(argv, direction),
    examples: [
      [`$0 ${direction} --dry-run`, "show what the sync would replace"],
      [`pnpm --silent sync ${direction} --yes --json`, "run it in CI"],
      [`$0 ${direction} --on-fargate`, "run it inside AWS, for a large database"],
    ],
    variables: [...syncVariables, "PILOT_LIGHT_TASK_OF"],
    changes: ["synced", "resumed"],
    hasReport: true,
    run: async ({ outputsFile, onFargate: isRemote, resume, ...args }, context) => {
      const { outputsSource } = await import("@pilot-light/core/terraform/outputs");
      const given = { ...args, outputs: outputsSource(outputsFile, context.environment) };
      if (resume) {
        const { excludeTableData, schema, ...others } = given;
        const isFiltered = excludeTableData !== undefined || schema !== undefined;
        if (isRemote || isFiltered || others.inPlace) {
          throw usage({
            problem:
              "--resume excludes --on-fargate, --in-place, --schema and --exclude-table-data: it finishes the interrupted sync.",
          });
        }
        const { runResumeCommand } = await import("./run-restore.ts");
        return await runResumeCommand(direction, others, context);
      }
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
