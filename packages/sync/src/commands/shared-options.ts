/** What the sync commands share. */
import { confirmationOptions, outputsFileOption, viaOption } from "@pilot-light/core/cli/options";
import type { VariableName } from "@pilot-light/core/config/env";
import type { Argv } from "yargs";

/** Variables that the commands read, in the order of their help. */
export const syncVariables = [
  "NEON_DATABASE_URL",
  "AWS_REGION",
  "PROJECT_NAME",
  "PILOT_LIGHT_OUTPUTS_FILE",
  "PILOT_LIGHT_OUTPUTS",
  "PILOT_LIGHT_ACCOUNT_ID",
  "PILOT_LIGHT_PG_BIN",
  "RDS_SSLMODE",
  "RDS_SSLROOTCERT",
  "PILOT_LIGHT_VIA",
  "RDS_HOSTADDR",
  "RDS_AUTH",
  "RDS_IAM_USER",
  "PILOT_LIGHT_SSM_TARGET",
  "PILOT_LIGHT_SSM_TASK_SECONDS",
  "PGCONNECT_TIMEOUT",
  "PILOT_LIGHT_STALL_SECONDS",
] as const satisfies VariableName[];

/** `--dry-run`, `--yes`, `--outputs-file`, `--via`. */
export function sharedOptions<T>(argv: Argv<T>) {
  return viaOption(outputsFileOption(confirmationOptions(argv)));
}
