/** `pnpm validate`: the checks of the environment. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { validateOptions, validateVariables } from "./validate-options.ts";

export const validateCommand = defineCommand({
  words: "",
  name: "validate",
  summary: "Check that the environment is healthy for its mode",
  options: validateOptions,
  examples: [
    ["$0", "check everything"],
    ["$0 --only alb-health --wait", "wait until the services respond"],
  ],
  variables: validateVariables,
  hasReport: true,
  run: async (args, context) => {
    if (args.list) return await (await import("./list-command.ts")).list(context);
    if (args.printPolicy) return await (await import("./list-command.ts")).printPolicy(context);
    const { runValidate } = await import("./run-validate.ts");
    return await runValidate(args, context);
  },
});
