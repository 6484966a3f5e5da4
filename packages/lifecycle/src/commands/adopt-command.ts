/** `pnpm infra:adopt`. */
import { resolve } from "node:path";
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { confirmationOptions } from "@pilot-light/core/cli/options";
import { usage } from "@pilot-light/core/errors";
import { allowedGuards, guardOptions, variableOptions, variablesOf } from "./plan-options.ts";
import { terraformVariables } from "./shared.ts";

/**
 * An address may contain `=` in the key of an instance, but not outside of quotes.
 * @throws OpsError USAGE (usage)
 */
function parseMap(pairs: readonly string[]): readonly { existing: string; own: string }[] {
  return pairs.map((pair) => {
    const { existing, own } =
      /^(?<existing>(?:[^="]|"(?:[^"\\]|\\.)*")+)=(?<own>.*)$/.exec(pair)?.groups ?? {};
    if (existing === undefined || own === undefined) {
      throw usage({ problem: `--map must be <existing address>=<address in this stack>, not ${pair}.` });
    }
    return { existing, own };
  });
}

export const adoptCommand = defineCommand({
  words: "infra:adopt",
  name: "infra:adopt",
  summary: "Take over an environment that other Terraform code created, without replacing a resource",
  options: (argv) =>
    guardOptions(variableOptions(confirmationOptions(argv)), "infra:adopt")
      .option("state", {
        type: "string",
        demandOption: true,
        describe: "File with the existing state: JSON of `terraform state pull` or `terraform show -json`",
        group: "Input:",
        requiresArg: true,
        coerce: (file: string) => resolve(file),
      })
      .option("map", {
        type: "string",
        array: true,
        nargs: 1,
        default: [],
        describe:
          "Take over an existing resource as this resource of the stack: existing=own; `existing=` leaves the resource alone; may be repeated",
        group: "Work:",
        requiresArg: true,
        coerce: parseMap,
      }),
  examples: [
    ["$0 infra:adopt --state existing.tfstate --dry-run", "show the mapping and the plan"],
    ["$0 infra:adopt --state existing.tfstate --map 'module.net.aws_vpc.old='", "leave one resource alone"],
  ],
  variables: [...terraformVariables, "PILOT_LIGHT_ACCOUNT_ID"],
  changes: ["adopted"],
  run: async (args, context) => {
    const { adopt } = await import("../adoption/adopt.ts");
    const { state: file, map, dryRun, yes } = args;
    const options = { file, map, dryRun, yes, variables: variablesOf(args), allow: allowedGuards(args) };
    return await adopt(options, context);
  },
});
