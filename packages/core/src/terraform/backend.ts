/** Where the Terraform state is: a local file, a bucket in S3, or Terraform Cloud. */
import { type Environment, readVariable } from "../config/env.ts";
import { stateAmbiguous, tfOrganizationMissing, tfWorkspaceMissing } from "../errors.ts";

export type BackendChoice =
  | { kind: "local" }
  | { kind: "s3"; bucket: string; region: string }
  | { kind: "terraform-cloud"; organization: string; workspace: string };

/** The only workspace of a state that is a local file or in S3. */
export const defaultWorkspace = "default";

/**
 * The choice that the environment variables make. No token is among them: Terraform finds it itself, by
 * `terraform login` or `TF_TOKEN_app_terraform_io`.
 * @throws OpsError STATE_AMBIGUOUS, TF_WORKSPACE_MISSING, TF_ORGANIZATION_MISSING (configuration).
 */
export function chooseBackend(environment: Environment): BackendChoice {
  const organization = readVariable(environment, "TF_CLOUD_ORGANIZATION");
  const bucket = readVariable(environment, "TF_STATE_BUCKET");
  const workspace = readVariable(environment, "TF_WORKSPACE");
  if (organization !== undefined && bucket !== undefined) {
    throw stateAmbiguous();
  }
  // Terraform reads the variable for each kind of state.
  if (organization === undefined && workspace !== undefined && workspace !== defaultWorkspace) {
    throw tfOrganizationMissing({ workspace });
  }
  if (bucket !== undefined) {
    const region = readVariable(environment, "TF_STATE_REGION") ?? readVariable(environment, "AWS_REGION");
    return { kind: "s3", bucket, region: region ?? "" };
  }
  if (organization === undefined) return { kind: "local" };
  if (workspace === undefined) {
    throw tfWorkspaceMissing();
  }
  return { kind: "terraform-cloud", organization, workspace };
}
