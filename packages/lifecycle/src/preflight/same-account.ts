/** Whether the credentials and the region are those of the environment that the state describes. */
import type { AwsIdentity } from "@pilot-light/core/aws/identity";
import type { Outputs } from "@pilot-light/core/contract";
import { OpsError } from "@pilot-light/core/ops-error";

/** `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/backend`: the repositories are there in both modes. */
const registry = /^(?<account>\d{12})\.dkr\.ecr\./;

/**
 * Elsewhere Terraform would find nothing of what its state names, forget all of it, and plan to make it anew.
 * @throws OpsError WRONG_REGION, WRONG_ACCOUNT (precondition)
 */
export function assertSamePlace(
  outputs: Pick<Outputs, "aws_region" | "backend_ecr_repository_url">,
  { account }: Pick<AwsIdentity, "account">,
  region: string,
): void {
  if (outputs.aws_region !== region) {
    throw new OpsError(
      "precondition",
      "WRONG_REGION",
      `The environment is in ${outputs.aws_region}, AWS_REGION says ${region}.`,
      { hint: `Go there:  export AWS_REGION=${outputs.aws_region}` },
    );
  }
  const deployed = registry.exec(outputs.backend_ecr_repository_url)?.groups?.["account"];
  if (deployed === undefined || deployed === account) return;
  throw new OpsError(
    "precondition",
    "WRONG_ACCOUNT",
    `The environment is in account ${deployed}, the AWS credentials belong to ${account}.`,
    { hint: "Choose another profile:  export AWS_PROFILE=..." },
  );
}
