/** `pnpm sync neon-to-rds` and `pnpm sync rds-to-neon`: one command, two directions. */
import { commonOptions, helpEpilogue } from "@pilot-light/core/cli/cli";
import { runCommand } from "@pilot-light/core/cli/command";
import { OpsError } from "@pilot-light/core/errors";
import type { Argv } from "yargs";
import type { DirectionName } from "../direction.ts";
import { safetyOptions, syncVariables } from "./shared-options.ts";

const descriptions = {
  "neon-to-rds": "Replace the RDS database with a copy of the Neon database",
  "rds-to-neon": "Replace the Neon database (production reads it) with a copy of the RDS database",
} as const satisfies Record<DirectionName, string>;

/** Options of a sync, as yargs sees them. */
function options(argv: Argv, name: DirectionName) {
  return safetyOptions(commonOptions(argv))
    .option("target-backup", {
      type: "boolean",
      default: true,
      describe: "Dump the target to S3 before it is replaced (--no-target-backup leaves it out)",
      group: "Safety:",
    })
    .option("allow-shrink", {
      type: "boolean",
      default: false,
      describe: "Go on although the source is empty or has far fewer rows than the target",
      group: "Safety:",
    })
    .option("verify", {
      choices: ["checksums", "counts"] as const,
      default: "checksums" as const,
      describe: "Compare every row's hash, or only the number of rows",
      group: "Safety:",
    })
    .option("jobs", {
      type: "number",
      default: 4,
      describe: "Parallel sessions",
      group: "Work:",
      requiresArg: true,
    })
    .check(({ jobs }) => {
      if (Number.isInteger(jobs) && jobs >= 1 && jobs <= 32) return true;
      throw new OpsError("usage", "USAGE", "--jobs must be a whole number from 1 to 32.");
    })
    .example(`$0 ${name} --dry-run`, "see what would be replaced")
    .example(`$0 ${name} --yes --json`, "run it in CI")
    .epilogue(helpEpilogue(syncVariables));
}

/** Adds the command for one direction. */
export function addSyncCommand(argv: Argv, name: DirectionName): Argv {
  return argv.command(
    name,
    descriptions[name],
    (command) => options(command, name),
    async (args) => {
      await runCommand(`sync ${name}`, args, async (context) => {
        const { sync } = await import("../sync.ts");
        return await sync(name, args, context);
      });
    },
  );
}
