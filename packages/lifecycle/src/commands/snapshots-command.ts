/** `pnpm snapshots list` and `pnpm snapshots prune`. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { confirmationOptions } from "@pilot-light/core/cli/options";
import { usage } from "@pilot-light/core/errors";

const variables = ["AWS_REGION", "AWS_ENDPOINT_URL", "PROJECT_NAME"] as const;

export const snapshotsCommand = defineCommand({
  words: "snapshots list",
  name: "snapshots list",
  summary: "List the snapshots of the database, the newest first",
  options: (argv) => argv,
  variables,
  run: async (_, context) => {
    const { list } = await import("../prune.ts");
    return await list(context);
  },
});

export const pruneCommand = defineCommand({
  words: "snapshots prune",
  name: "snapshots prune",
  summary:
    "Delete old snapshots; keep those that a person created, and those with the only copy of their rows",
  options: (argv) =>
    confirmationOptions(argv)
      .option("keep", {
        type: "number",
        default: 3,
        describe: "Number of snapshots to keep, at least 1; those that a person created do not count",
        group: "Selection:",
        requiresArg: true,
        coerce: parseKeep,
      })
      .option("include-only-copies", {
        type: "boolean",
        default: false,
        describe: "Also delete snapshots whose rows were not copied to Neon",
        group: "Selection:",
      }),
  variables,
  changes: ["pruned"],
  run: async (args, context) => {
    const { prune } = await import("../prune.ts");
    return await prune(args, context);
  },
});

/** @throws OpsError USAGE (usage) */
function parseKeep(keep: number): number {
  if (Number.isInteger(keep) && keep >= 1) return keep;
  const reason = "The newest snapshot may be the only copy of a database.";
  throw usage({ problem: `--keep must be a whole number, at least 1. ${reason}` });
}
