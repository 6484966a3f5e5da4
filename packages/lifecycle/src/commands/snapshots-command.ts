/** `pnpm snapshots list` and `pnpm snapshots prune`. */
import { commonOptions, helpEpilogue } from "@pilot-light/core/cli/cli";
import { runCommand } from "@pilot-light/core/cli/command";
import { OpsError } from "@pilot-light/core/errors";
import type { Argv } from "yargs";

const variables = ["AWS_REGION", "AWS_ENDPOINT_URL", "PROJECT_NAME"] as const;

function addList(argv: Argv): Argv {
  return argv.command(
    "list",
    "List the snapshots of the database, the newest first",
    (own) => commonOptions(own).epilogue(helpEpilogue(variables)),
    async (args) => {
      await runCommand("snapshots list", args, async (context) => {
        const { list } = await import("../prune.ts");
        return await list(context);
      });
    },
  );
}

function addPrune(argv: Argv): Argv {
  return argv.command(
    "prune",
    "Delete all but the newest snapshots; those that were taken by hand or hold rows that were copied nowhere stay",
    (own) =>
      commonOptions(own)
        .option("dry-run", {
          type: "boolean",
          default: false,
          describe: "Show which would go and stop",
          group: "Safety:",
        })
        .option("yes", { type: "boolean", default: false, describe: "Do not ask", group: "Safety:" })
        .option("keep", {
          type: "number",
          default: 3,
          describe: "How many stay of those that this tool or Terraform made, 1 at least",
          group: "Work:",
          requiresArg: true,
        })
        .option("include-only-copies", {
          type: "boolean",
          default: false,
          describe: "Delete those as well whose rows were not copied to Neon",
          group: "Work:",
        })
        .check(({ keep }) => {
          if (Number.isInteger(keep) && keep >= 1) return true;
          throw new OpsError(
            "usage",
            "USAGE",
            "--keep must be a whole number from 1: the newest snapshot may be all that is left of a database.",
          );
        })
        .epilogue(helpEpilogue(variables)),
    async (args) => {
      await runCommand("snapshots prune", args, async (context) => {
        const { prune } = await import("../prune.ts");
        return await prune(args, context);
      });
    },
  );
}

export function addSnapshotsCommand(argv: Argv): Argv {
  return argv.command("snapshots", "List or prune the snapshots of the database", (own) =>
    addPrune(addList(own)).usage("$0 snapshots <command>"),
  );
}
