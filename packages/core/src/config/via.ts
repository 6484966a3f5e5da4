/** The routes to RDS, as `--via` and PILOT_LIGHT_VIA name them. */
import { viaInvalid } from "../errors.ts";
import { readVariable, type Environment, type VariableName } from "./env.ts";

export const viaChoices = ["auto", "direct", "address", "ssm"] as const;
export type Via = (typeof viaChoices)[number];

/** Variables of every command that connects to RDS, in the order of their help. */
export const rdsVariables = [
  "PILOT_LIGHT_VIA",
  "RDS_HOSTADDR",
  "RDS_AUTH",
  "RDS_IAM_USER",
  "PILOT_LIGHT_SSM_TARGET",
  "PILOT_LIGHT_SSM_TASK_SECONDS",
  "RDS_SSLMODE",
  "RDS_SSLROOTCERT",
] as const satisfies VariableName[];

/**
 * The route that a command is asked to use: that of its option, else of PILOT_LIGHT_VIA.
 * @throws OpsError VIA_INVALID (configuration)
 */
export function readVia(option: Via | undefined, environment: Environment): Via {
  if (option !== undefined) return option;
  const value = readVariable(environment, "PILOT_LIGHT_VIA") ?? "";
  const via = viaChoices.find((choice) => choice === value);
  if (via === undefined) throw viaInvalid({ value, choices: viaChoices });
  return via;
}
