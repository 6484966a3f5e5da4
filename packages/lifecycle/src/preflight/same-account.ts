/** Checks that the credentials and the region are those of the environment that the state describes. */
import type { AwsIdentity } from "@pilot-light/core/aws/identity";
import type { Outputs } from "@pilot-light/core/contract";
import { wrongAccount } from "@pilot-light/core/errors";
import { wrongRegion } from "../errors.ts";

/** `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/backend`: the repositories exist in both modes. */
const registry = /^(?<account>\d{12})\.dkr\.ecr\./;

/**
 * Checks the account and the region. In another one, Terraform would find no resource of its state, and plan to create all again.
 * @throws OpsError WRONG_REGION, WRONG_ACCOUNT (precondition)
 */
export function assertSamePlace(
  outputs: Pick<Outputs, "aws_region" | "backend_ecr_repository_url">,
  { account }: Pick<AwsIdentity, "account">,
  region: string,
): void {
  const { aws_region: deployed } = outputs;
  if (deployed !== region) throw wrongRegion({ deployed, region });
  const expected = registry.exec(outputs.backend_ecr_repository_url)?.groups?.["account"];
  if (expected === undefined || expected === account) return;
  throw wrongAccount({ account, expected, expectedBy: "the environment is in", correction: "" });
}
