/** `pnpm status`: what exists and what it costs. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { parseDuration } from "@pilot-light/core/cli/option-values";
import { usage } from "@pilot-light/core/errors";
import { terraformVariables } from "./shared.ts";

/** Seconds between two readings of `--watch`. */
const usualInterval = "5";

export const statusCommand = defineCommand({
  words: "status",
  name: "status",
  summary: "Show the mode, the endpoints, the services, the newest dumps and the cost",
  options: (argv) =>
    argv.option("watch", {
      type: "string",
      describe: "Show the status again every 5 seconds, or --watch=<seconds>, until Ctrl-C",
      coerce: (text: string) => {
        const given = text === "" ? usualInterval : text;
        return parseDuration(/^\d+$/.test(given) ? `${given}s` : given, "--watch");
      },
      group: "Output:",
    }),
  examples: [["$0 status --watch", "follow a mode change of another terminal"]],
  variables: terraformVariables,
  // With --watch, Ctrl-C is the usual end.
  forwardsSignals: true,
  run: async ({ watch }, context) => {
    if (watch === undefined) return await (await import("../status/status.ts")).status(context);
    if (context.printer.json) {
      throw usage({ problem: "--watch and --json contradict each other: a document has one status." });
    }
    return await (await import("../status/watch.ts")).watchStatus(watch, context);
  },
});
