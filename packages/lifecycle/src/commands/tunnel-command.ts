/** `pnpm tunnel rds`: a route to RDS for psql and other programs, until Ctrl-C. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { outputsFileOption, viaOption } from "@pilot-light/core/cli/options";
import { rdsVariables } from "@pilot-light/core/config/via";

export const tunnelCommand = defineCommand({
  words: "tunnel <database>",
  name: "tunnel",
  summary: "Open a route to RDS for psql and other programs, until Ctrl-C",
  options: (argv) =>
    viaOption(outputsFileOption(argv)).positional("database", {
      choices: ["rds"] as const,
      demandOption: true,
      describe: "The database to connect to",
    }),
  examples: [["$0 tunnel rds", "print a URL and a psql command, and keep the port open"]],
  variables: [
    "AWS_REGION",
    "PROJECT_NAME",
    "PILOT_LIGHT_OUTPUTS_FILE",
    "PILOT_LIGHT_OUTPUTS",
    "PILOT_LIGHT_ACCOUNT_ID",
    ...rdsVariables,
  ],
  // stdout gets the URL as soon as the port is open. A document at the end would be of no use.
  printsDocument: false,
  run: async ({ outputsFile, via }, context) => {
    const { openTunnel } = await import("./run-tunnel.ts");
    const { outputsSource } = await import("@pilot-light/core/terraform/outputs");
    return await openTunnel({ via, outputs: outputsSource(outputsFile, context.environment) }, context);
  },
});
