/** Where the Terraform state lives: a local file, a bucket in S3, or Terraform Cloud. */
import { type Environment, readVariable } from "@pilot-light/core/env";
import { OpsError } from "@pilot-light/core/errors";
import { CloudBackend, LocalBackend, NamedCloudWorkspace, S3Backend, type TerraformStack } from "cdktf";

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
    throw new OpsError(
      "configuration",
      "STATE_AMBIGUOUS",
      "TF_CLOUD_ORGANIZATION and TF_STATE_BUCKET are both set: the state can be in one place only.",
      { hint: "Unset one of them. docs/runbooks/terraform-cloud.md says how a state moves." },
    );
  }
  if (bucket !== undefined) {
    const region = readVariable(environment, "TF_STATE_REGION") ?? readVariable(environment, "AWS_REGION");
    return { kind: "s3", bucket, region: region ?? "" };
  }
  if (organization === undefined) return { kind: "local" };
  const workspace = readVariable(environment, "TF_WORKSPACE");
  if (workspace === undefined) {
    throw new OpsError(
      "configuration",
      "TF_WORKSPACE_MISSING",
      "TF_CLOUD_ORGANIZATION is set and TF_WORKSPACE is not.",
      { hint: "Set TF_WORKSPACE to the workspace of this environment." },
    );
  }
  return { kind: "terraform-cloud", organization, workspace };
}

export function configureBackend(stack: TerraformStack, choice: BackendChoice): void {
  switch (choice.kind) {
    case "local":
      // Beside the output directory, which with the default one is the directory `cdktf` is called in. Terraform runs in
      // `<output>/stacks/<stack>`, and the path is relative to that; CDKTF's own default is tied to this machine.
      new LocalBackend(stack, { path: `../../../terraform.${stack.node.id}.tfstate` });
      return;
    case "s3":
      new S3Backend(stack, {
        bucket: choice.bucket,
        key: `${stack.node.id}/terraform.tfstate`,
        region: choice.region,
        encrypt: true,
      });
      // CDKTF 0.21 knows the older lock only, a table in DynamoDB.
      stack.addOverride("terraform.backend.s3.use_lockfile", true);
      return;
    case "terraform-cloud":
      new CloudBackend(stack, {
        organization: choice.organization,
        workspaces: new NamedCloudWorkspace(choice.workspace),
      });
  }
}
