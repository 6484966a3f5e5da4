/** `pnpm sync store-neon-url`: stores the connection URL of Neon for syncs inside AWS. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { outputsFileOption } from "@pilot-light/core/cli/options";

export const storeNeonUrlCommand = defineCommand({
  words: "store-neon-url",
  name: "sync store-neon-url",
  summary:
    "Read the connection URL of Neon from standard input, and store it in AWS for syncs with --on-fargate",
  options: (argv) => outputsFileOption(argv),
  examples: [['printf %s "$NEON_DATABASE_URL" | $0 store-neon-url', "store the URL of this shell"]],
  variables: [
    "AWS_REGION",
    "PROJECT_NAME",
    "PILOT_LIGHT_OUTPUTS_FILE",
    "PILOT_LIGHT_OUTPUTS",
    "PILOT_LIGHT_ACCOUNT_ID",
  ],
  run: async ({ outputsFile }, context) => {
    const { runStoreNeonUrl } = await import("./run-store-neon-url.ts");
    const { outputsSource } = await import("@pilot-light/core/terraform/outputs");
    return await runStoreNeonUrl(outputsSource(outputsFile, context.environment), context);
  },
});
