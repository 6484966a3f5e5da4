/** The options of `pnpm validate`. */
import { parseDuration, parseJobs } from "@pilot-light/core/cli/option-values";
import type { Argv } from "yargs";

/** Variables that the command reads, in the order of its help. */
export const validateVariables = [
  "AWS_REGION",
  "AWS_ENDPOINT_URL",
  "PROJECT_NAME",
  "PILOT_LIGHT_OUTPUTS_FILE",
  "PILOT_LIGHT_ACCOUNT_ID",
  "PILOT_LIGHT_WAIVERS",
  "ALB_HOSTADDR",
  "NEON_DATABASE_URL",
  "RDS_HOSTADDR",
  "RDS_SSLMODE",
  "RDS_SSLROOTCERT",
  "PILOT_LIGHT_PG_BIN",
  "PGCONNECT_TIMEOUT",
  "GITHUB_ACTIONS",
  "GITHUB_STEP_SUMMARY",
  "NO_COLOR",
  "CI",
] as const;

/** Adds the options to a command. */
export function validateOptions(argv: Argv) {
  const which = "Which checks:";
  const how = "How:";
  return argv
    .option("only", {
      type: "string",
      describe: "Only these, and what they need: a,b",
      group: which,
      requiresArg: true,
    })
    .option("skip", { type: "string", describe: "All but these: a,b", group: which, requiresArg: true })
    .option("data", {
      type: "boolean",
      default: false,
      describe: "Also compare the row counts of both databases",
      group: which,
    })
    .option("drift", {
      type: "boolean",
      default: false,
      describe: "Also ask Terraform what differs from its state (takes its time)",
      group: which,
    })
    .option("wait", {
      type: "string",
      describe: "Go on while what has failed can heal: --wait=15m (the default time)",
      coerce: (text: string) => parseDuration(text === "" ? "15m" : text, "--wait"),
      group: how,
    })
    .option("strict", { type: "boolean", default: false, describe: "Warnings fail as well", group: how })
    .option("waivers", {
      type: "string",
      describe: "File with failures that are accepted until a date",
      group: how,
      requiresArg: true,
    })
    .option("timeout", {
      type: "string",
      default: "15s",
      describe: "Time for one check",
      coerce: (text: string) => parseDuration(text, "--timeout"),
      group: how,
      requiresArg: true,
    })
    .option("deadline", {
      type: "string",
      default: "2m",
      describe: "Time for all checks",
      coerce: (text: string) => parseDuration(text, "--deadline"),
      group: how,
      requiresArg: true,
    })
    .option("jobs", {
      type: "number",
      default: 8,
      describe: "Checks at a time",
      coerce: (jobs: number) => parseJobs(jobs, 64),
      group: how,
      requiresArg: true,
    })
    .option("resolve", {
      type: "string",
      describe: "address:port to connect to instead of the load balancer",
      group: how,
      requiresArg: true,
    })
    .option("outputs-file", {
      type: "string",
      describe: "JSON of `cdktf output`, instead of running the CLI",
      group: how,
      requiresArg: true,
    })
    .option("junit", {
      type: "string",
      describe: "Also write a JUnit report",
      group: "Output:",
      requiresArg: true,
    })
    .option("list", {
      type: "boolean",
      default: false,
      describe: "Show all checks and stop",
      group: "Output:",
    })
    .option("print-policy", {
      type: "boolean",
      default: false,
      describe: "Print the read-only IAM policy that validation needs, and stop",
      group: "Output:",
    });
}

export type ValidateArguments = Awaited<ReturnType<typeof validateOptions>["argv"]>;
