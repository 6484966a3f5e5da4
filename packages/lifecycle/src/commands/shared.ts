/** The variables that the commands read, in the order of their help. */
import { variables, type VariableName, type VariableSpec } from "@pilot-light/core/config/env";
import { rdsVariables } from "@pilot-light/core/config/via";

/** Of every command that runs Terraform. */
export const terraformVariables = [
  "AWS_REGION",
  "AWS_ENDPOINT_URL",
  "PROJECT_NAME",
  "TF_CLOUD_ORGANIZATION",
  "TF_WORKSPACE",
  "TF_STATE_BUCKET",
  "TF_STATE_REGION",
  "PILOT_LIGHT_TF_PLUGIN_MIRROR",
  "PILOT_LIGHT_STALL_SECONDS",
  "PILOT_LIGHT_TERRAFORM_SECONDS",
] as const satisfies VariableName[];

/** Of activations and deactivations. */
export const modeChangeVariables = [
  ...terraformVariables,
  "PILOT_LIGHT_ACCOUNT_ID",
  "NEON_DATABASE_URL",
  "NEON_API_KEY",
  "NEON_PROJECT_ID",
  "PILOT_LIGHT_KEEP_BRANCH_DAYS",
  "NEON_API_HOST",
  ...rdsVariables,
  "PILOT_LIGHT_PG_BIN",
  "PGCONNECT_TIMEOUT",
  "PILOT_LIGHT_BACKEND_STOP_SECONDS",
  "ALB_HOSTADDR",
  "PILOT_LIGHT_WAIVERS",
] as const satisfies VariableName[];

/** What `pnpm configure` asks for. */
export const configurableVariables = (Object.keys(variables) as VariableName[]).filter((name) => {
  const spec: VariableSpec = variables[name];
  return spec.firstUse === true;
});
