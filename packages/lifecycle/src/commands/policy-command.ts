/** `pnpm policy <command>`: the IAM policy that a command needs. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { viaOption } from "@pilot-light/core/cli/options";

/** Not from `policies.ts`, which loads every check. A test compares both. */
export const policyWords = [
  "doctor",
  "sync",
  "sync restore",
  "sync undo",
  "sync store-neon-url",
  "compare",
  "dumps",
  "history",
  "tunnel",
  "validate",
  "status",
  "activate",
  "deactivate",
  "snapshots",
] as const;

export const policyCommand = defineCommand({
  words: "policy <command> [subcommand]",
  name: "policy",
  summary: "Print the least-privilege IAM policy that a command needs",
  options: (argv) =>
    viaOption(argv)
      .positional("command", {
        type: "string",
        demandOption: true,
        describe: `The command: ${policyWords.join(", ")}`,
      })
      .positional("subcommand", {
        type: "string",
        describe: "The second word of the command, such as restore",
      })
      .option("on-fargate", {
        type: "boolean",
        default: false,
        describe: "Print the policy for the person or the CI job that starts a sync inside AWS",
        group: "Input:",
      }),
  examples: [
    ["$0 policy sync --via direct", "for a machine that reaches RDS by itself"],
    ["$0 policy sync --on-fargate", "for a CI job that starts syncs inside AWS"],
  ],
  variables: ["AWS_REGION", "PROJECT_NAME", "PILOT_LIGHT_ACCOUNT_ID", "TF_STATE_BUCKET"],
  run: async ({ command, subcommand, onFargate, via }, context) => {
    const { printPolicy } = await import("./print-policy.ts");
    const words = [command, subcommand, onFargate ? "--on-fargate" : undefined];
    return printPolicy(words.filter((word) => word !== undefined).join(" "), via, context);
  },
});
