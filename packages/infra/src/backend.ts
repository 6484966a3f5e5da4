/** Where the Terraform state lives: a local file. S3 and Terraform Cloud will be chosen here as well. */
import { LocalBackend, type TerraformStack } from "cdktf";

/**
 * Keeps the state beside the output directory, in `terraform.<stack>.tfstate`: with the default output directory
 * that is the directory `cdktf` is called in. Terraform runs in `<output>/stacks/<stack>`, so the path is relative to
 * that; CDKTF's own default writes an absolute one, which would tie the synthesized JSON to this machine.
 */
export function configureBackend(stack: TerraformStack): void {
  new LocalBackend(stack, { path: `../../../terraform.${stack.node.id}.tfstate` });
}
