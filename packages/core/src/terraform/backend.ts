/** Where the Terraform state is: a local file, a bucket in S3, or Terraform Cloud. */
import { type Environment, readVariable } from "../config/env.ts";
import { stateAmbiguous, tfWorkspaceMissing } from "../errors.ts";

export type BackendChoice =
  | { kind: "local" }
  | { kind: "s3"; bucket: string; region: string }
  | { kind: "terraform-cloud"; organization: string; workspace: string };

/**
 * The choice that the environment variables make. No token is among them: Terraform finds it itself, by
 * `terraform login` or `TF_TOKEN_app_terraform_io`.
 * @throws OpsError STATE_AMBIGUOUS, TF_WORKSPACE_MISSING (configuration).
 */
export function chooseBackend(environment: Environment): BackendChoice {
  const organization = readVariable(environment, "TF_CLOUD_ORGANIZATION");
  const bucket = readVariable(environment, "TF_STATE_BUCKET");
  if (organization !== undefined && bucket !== undefined) {
    throw stateAmbiguous();
  }
  if (bucket !== undefined) {
    const region = readVariable(environment, "TF_STATE_REGION") ?? readVariable(environment, "AWS_REGION");
    return { kind: "s3", bucket, region: region ?? "" };
  }
  if (organization === undefined) return { kind: "local" };
  const workspace = readVariable(environment, "TF_WORKSPACE");
  if (workspace === undefined) {
    throw tfWorkspaceMissing();
  }
  return { kind: "terraform-cloud", organization, workspace };
}
