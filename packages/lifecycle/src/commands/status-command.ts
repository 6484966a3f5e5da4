/** `pnpm status`: what exists and what it costs. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { terraformVariables } from "./shared.ts";

export const statusCommand = defineCommand({
  words: "status",
  name: "status",
  summary: "Show the mode, the endpoints, the services, the newest dump and the cost",
  options: (argv) => argv,
  variables: terraformVariables,
  run: async (_, context) => {
    const { status } = await import("../status.ts");
    return await status(context);
  },
});
