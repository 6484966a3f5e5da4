/** `pnpm history`: the runs that changed something. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { parseCount } from "@pilot-light/core/cli/option-values";

export const historyCommand = defineCommand({
  words: "history",
  name: "history",
  summary: "List the newest runs that changed something: what, when, who, outcome, duration",
  options: (argv) =>
    argv
      .option("limit", {
        type: "number",
        default: 20,
        describe: "How many runs to list",
        group: "Selection:",
        requiresArg: true,
        coerce: (limit: number) => parseCount("limit", limit),
      })
      .option("before", {
        type: "string",
        describe: "Only runs before the run with this id",
        group: "Selection:",
        requiresArg: true,
      }),
  examples: [
    ["$0 history --limit 5", "the newest five runs"],
    ["pnpm --silent history --json", "also shows who ran each command, and where its record is"],
  ],
  variables: ["AWS_REGION", "AWS_ENDPOINT_URL", "PROJECT_NAME", "PILOT_LIGHT_ACCOUNT_ID"],
  run: async ({ limit, before }, context) => {
    const { runHistory } = await import("./run-history.ts");
    return await runHistory({ limit, before }, context);
  },
});
