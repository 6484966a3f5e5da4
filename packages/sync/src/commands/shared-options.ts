/** Options and variables that all sync commands share. */
import type { VariableName } from "@pilot-light/core/config/env";
import type { Argv } from "yargs";

/** Variables the commands read, in the order of their help. */
export const syncVariables = [
  "NEON_DATABASE_URL",
  "AWS_REGION",
  "PROJECT_NAME",
  "PILOT_LIGHT_OUTPUTS_FILE",
  "PILOT_LIGHT_ACCOUNT_ID",
  "PILOT_LIGHT_PG_BIN",
  "RDS_SSLMODE",
  "RDS_SSLROOTCERT",
  "RDS_HOSTADDR",
  "PGCONNECT_TIMEOUT",
] as const satisfies VariableName[];

/** `--dry-run`, `--yes`, `--outputs-file`. */
export function safetyOptions<T>(argv: Argv<T>) {
  return argv
    .option("dry-run", {
      type: "boolean",
      default: false,
      describe: "Show the plan and stop; nothing is written anywhere",
      group: "Safety:",
    })
    .option("yes", {
      type: "boolean",
      default: false,
      describe: "Do not ask; bypasses no check",
      group: "Safety:",
    })
    .option("outputs-file", {
      type: "string",
      describe: "JSON of `cdktf output`, instead of running the CLI",
      group: "Work:",
      requiresArg: true,
    });
}
