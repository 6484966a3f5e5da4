/** `pnpm infra:diff`, `pnpm infra:deploy` and `pnpm infra:output`. */
import { resolve } from "node:path";
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { confirmationOptions } from "@pilot-light/core/cli/options";
import { guardOptions, allowedGuards, variableOptions, variablesOf } from "./plan-options.ts";
import { terraformVariables } from "./shared.ts";

const variables = [...terraformVariables, "PILOT_LIGHT_ACCOUNT_ID"] as const;

const outputsFile = {
  type: "string",
  describe: "Write the Terraform outputs to this file",
  group: "Output:",
  requiresArg: true,
  coerce: (file: string) => resolve(file),
} as const;

export const outputCommand = defineCommand({
  words: "infra:output",
  name: "infra:output",
  summary: "Print the Terraform outputs",
  options: (argv) => argv.option("outputs-file", outputsFile),
  variables: terraformVariables,
  run: async (args, context) => {
    const { printOutputs } = await import("../deployment/output.ts");
    return await printOutputs(args.outputsFile, context);
  },
});

export const diffCommand = defineCommand({
  words: "infra:diff",
  name: "infra:diff",
  summary: "Show what a deployment in the current mode would change",
  options: (argv) => variableOptions(argv),
  examples: [
    ["$0 infra:diff --var db_multi_az=true", "show what a deployment with another variable would change"],
  ],
  variables,
  run: async (args, context) => {
    const { diffStack } = await import("../deployment/diff.ts");
    return await diffStack({ variables: variablesOf(args), allow: new Set() }, context);
  },
});

export const deployCommand = defineCommand({
  words: "infra:deploy",
  name: "infra:deploy",
  summary: "Deploy the environment in its current mode; the first deployment is in pilot light",
  options: (argv) =>
    guardOptions(variableOptions(confirmationOptions(argv)), "infra:deploy")
      .option("auto-approve", {
        type: "boolean",
        default: false,
        describe: "The same as --yes, under the name that `cdktf deploy` uses",
        group: "Safety:",
      })
      .option("outputs-file", outputsFile),
  examples: [
    ["$0 infra:deploy --dry-run", "show the plan"],
    ["pnpm --silent infra:deploy --yes --json", "run it in CI"],
  ],
  variables,
  changes: ["deployed"],
  hasReport: true,
  run: async (args, context) => {
    const { deployStack } = await import("../deployment/deploy.ts");
    const { dryRun, yes, autoApprove } = args;
    return await deployStack(
      {
        dryRun,
        yes: yes || autoApprove,
        variables: variablesOf(args),
        outputsFile: args.outputsFile,
        allow: allowedGuards(args),
      },
      context,
    );
  },
});
