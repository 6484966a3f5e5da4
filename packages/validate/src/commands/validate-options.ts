/** The options of `pnpm validate`. */
import { jobsOption, outputsFileOption, viaOption } from "@pilot-light/core/cli/options";
import { rdsVariables } from "@pilot-light/core/config/via";
import { parseDuration } from "@pilot-light/core/cli/option-values";
import type { Argv } from "yargs";

/** Variables that the command reads, in the order in which its help shows them. */
export const validateVariables = [
  "AWS_REGION",
  "AWS_ENDPOINT_URL",
  "PROJECT_NAME",
  "PILOT_LIGHT_OUTPUTS_FILE",
  "PILOT_LIGHT_OUTPUTS",
  "PILOT_LIGHT_ACCOUNT_ID",
  "PILOT_LIGHT_WAIVERS",
  "ALB_HOSTADDR",
  "NEON_DATABASE_URL",
  ...rdsVariables,
  "PILOT_LIGHT_PG_BIN",
  "PGCONNECT_TIMEOUT",
  "PILOT_LIGHT_STALL_SECONDS",
  "GITHUB_ACTIONS",
  "GITHUB_STEP_SUMMARY",
  "NO_COLOR",
  "CI",
] as const;

/** Adds the options to a command. */
export function validateOptions(argv: Argv) {
  const checks = "Checks:";
  const time = "Time:";
  const chosen = argv
    .option("only", {
      type: "string",
      describe: "Run these checks and the checks that they need: a,b",
      group: checks,
      requiresArg: true,
    })
    .option("skip", {
      type: "string",
      describe: "Run all checks except these: a,b",
      group: checks,
      requiresArg: true,
    })
    .option("data", {
      type: "boolean",
      default: false,
      describe: "Also compare the row counts of both databases",
      group: checks,
    })
    .option("drift", {
      type: "boolean",
      default: false,
      describe: "Also compare AWS with the Terraform state (takes minutes)",
      group: checks,
    })
    .option("strict", {
      type: "boolean",
      default: false,
      describe: "Also fail on warnings",
      group: checks,
    })
    .option("waivers", {
      type: "string",
      describe: "File with waivers: failed checks that you accept until a date",
      group: checks,
      requiresArg: true,
    })
    .option("list", {
      type: "boolean",
      default: false,
      describe: "List all checks and stop",
      group: checks,
    })
    .option("print-policy", {
      type: "boolean",
      default: false,
      describe: "Print the read-only IAM policy that the checks need and stop",
      group: checks,
    })
    .option("wait", {
      type: "string",
      describe: "Repeat failed checks that may pass by themselves, for at most 15m, or --wait=<time>",
      coerce: (text: string) => parseDuration(text === "" ? "15m" : text, "--wait"),
      group: time,
    })
    .option("timeout", {
      type: "string",
      default: "15s",
      describe: "Time limit of one check",
      coerce: (text: string) => parseDuration(text, "--timeout"),
      group: time,
      requiresArg: true,
    })
    .option("deadline", {
      type: "string",
      default: "2m",
      describe: "Time limit of all checks together",
      coerce: (text: string) => parseDuration(text, "--deadline"),
      group: time,
      requiresArg: true,
    });
  const timed = jobsOption(chosen, { counted: "Checks that run at the same time", initial: 8, most: 64 });
  return viaOption(outputsFileOption(timed))
    .option("resolve", {
      type: "string",
      describe: "Connect to this address:port instead of CloudFront",
      group: "Input:",
      requiresArg: true,
    })
    .option("junit", {
      type: "string",
      describe: "Also write a JUnit report to this file",
      group: "Output:",
      requiresArg: true,
    });
}

export type ValidateArguments = Awaited<ReturnType<typeof validateOptions>["argv"]>;
