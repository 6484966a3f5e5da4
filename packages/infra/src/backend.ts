/** Configures the stack's backend: Terraform's word for the place of its state. */
import type { BackendChoice } from "@pilot-light/core/terraform/backend";
import { CloudBackend, LocalBackend, NamedCloudWorkspace, S3Backend, type TerraformStack } from "cdktf";

export function configureBackend(stack: TerraformStack, choice: BackendChoice): void {
  switch (choice.kind) {
    case "local":
      // Next to the output directory; by default this is the directory in which `cdktf` is called. The path is relative to
      // `<output>/stacks/<stack>`, where Terraform runs. CDKTF's own default is an absolute path of this machine.
      new LocalBackend(stack, { path: `../../../terraform.${stack.node.id}.tfstate` });
      return;
    case "s3":
      new S3Backend(stack, {
        bucket: choice.bucket,
        key: `${stack.node.id}/terraform.tfstate`,
        region: choice.region,
        encrypt: true,
      });
      // CDKTF 0.21 supports only the older lock, a table in DynamoDB.
      stack.addOverride("terraform.backend.s3.use_lockfile", true);
      return;
    case "terraform-cloud":
      new CloudBackend(stack, {
        organization: choice.organization,
        workspaces: new NamedCloudWorkspace(choice.workspace),
      });
  }
}
