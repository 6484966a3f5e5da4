/** The backend of the stack: Terraform's word for where its state lives. */
import type { BackendChoice } from "@pilot-light/core/terraform/backend";
import { CloudBackend, LocalBackend, NamedCloudWorkspace, S3Backend, type TerraformStack } from "cdktf";

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
