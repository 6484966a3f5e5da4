/** Options that several commands share. */
import type { Argv } from "yargs";
import type { Environment, VariableName } from "../config/env.ts";
import { viaChoices } from "../config/via.ts";
import { parseJobs } from "./option-values.ts";

/** Options of every command. */
export function commonOptions<T>(argv: Argv<T>) {
  return argv
    .option("env-file", {
      type: "string",
      describe: "Read variables from this file [default: .env, if it exists]",
      group: "Input:",
      requiresArg: true,
    })
    .option("verbose", {
      type: "boolean",
      default: false,
      describe: "Show every external command and more detail",
      group: "Output:",
    })
    .option("json", {
      type: "boolean",
      default: false,
      describe: "Print one JSON document on stdout",
      group: "Output:",
    })
    .option("color", {
      type: "boolean",
      describe: "Use colors (--no-color turns them off)",
      group: "Output:",
    });
}

/** `--report`, of commands whose result a person may want to keep or to show to others. */
export function reportOption<T>(argv: Argv<T>) {
  return argv.option("report", {
    type: "string",
    describe: "Write a report to this file: one HTML page, also if the command fails",
    group: "Output:",
    requiresArg: true,
  });
}

/** `--dry-run` and `--yes`, of every command that changes something. */
export function confirmationOptions<T>(argv: Argv<T>) {
  return argv
    .option("dry-run", {
      type: "boolean",
      default: false,
      describe: "Show the plan and stop; write nothing anywhere",
      group: "Safety:",
    })
    .option("yes", {
      type: "boolean",
      default: false,
      describe: "Run without a prompt; every check still applies",
      group: "Safety:",
    });
}

/** `--outputs-file`, of every command that reads the Terraform outputs. */
export function outputsFileOption<T>(argv: Argv<T>) {
  return argv.option("outputs-file", {
    type: "string",
    describe: "Read the Terraform outputs from this file (JSON of `cdktf output`)",
    group: "Input:",
    requiresArg: true,
  });
}

/** `--via` and `--rds-auth`, of every command that connects to RDS. */
export function viaOption<T>(argv: Argv<T>) {
  return argv
    .option("via", {
      choices: viaChoices,
      describe: "Route to RDS [default: PILOT_LIGHT_VIA, else auto]",
      group: "Input:",
    })
    .option("rds-auth", {
      choices: ["password", "iam"] as const,
      describe: "Login to RDS [default: RDS_AUTH, else password]",
      group: "Input:",
    });
}

/** The environment of a command, in which an option that stands for a variable has precedence over it. */
export function withOptions(
  environment: Environment,
  options: Readonly<Record<string, unknown>>,
): Environment {
  const given = Object.entries(variableOptions).flatMap(([option, name]) => {
    const value = options[option];
    return typeof value === "string" || typeof value === "number" ? [[name, String(value)] as const] : [];
  });
  // Caches use the object as their key, such as the one of the AWS clients: an unchanged environment must stay the same object.
  return given.length === 0 ? environment : { ...environment, ...Object.fromEntries(given) };
}

/** Options that stand for a variable. */
const variableOptions = {
  rdsAuth: "RDS_AUTH",
  keepBranch: "PILOT_LIGHT_KEEP_BRANCH_DAYS",
} as const satisfies Record<string, VariableName>;

/** `--keep-branch`, of every command that may replace Neon. */
export function keepBranchOption<T>(argv: Argv<T>) {
  return argv.option("keep-branch", {
    type: "number",
    describe:
      "Days after which Neon deletes the restore point; 0 creates none [default: PILOT_LIGHT_KEEP_BRANCH_DAYS, else 7]",
    group: "Safety:",
    requiresArg: true,
  });
}

/**
 * `--jobs`, of every command that works in parallel.
 * @param counted what it counts, such as "Parallel database sessions"
 */
export function jobsOption<T>(
  argv: Argv<T>,
  { counted, initial, most }: { counted: string; initial: number; most: number },
) {
  return argv.option("jobs", {
    type: "number",
    default: initial,
    describe: `${counted}, 1 to ${most}`,
    group: "Performance:",
    requiresArg: true,
    coerce: (jobs: number) => parseJobs(jobs, most),
  });
}
