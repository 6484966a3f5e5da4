/** Configures the AWS provider: region, tags on every resource, and the accepted versions. */
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import type { TerraformStack } from "cdktf";
import { cdnRegion } from "@pilot-light/core/contract";

/**
 * The bindings of `@cdktf/provider-aws` require exactly the version from which they were generated. Both major versions in this range
 * work as long as no construct uses an attribute that only one of them has.
 */
const awsProviderVersions = ">= 5.100.0, < 7.0.0";

/** The oldest version that locks a state in S3 without DynamoDB. */
const terraformVersions = ">= 1.10.0";

export interface ProviderProps {
  region: string;
  /** Tags of every resource that can have tags. */
  tags: Readonly<Record<string, string>>;
}

/** Sets no credentials, profile or endpoint: the provider itself reads `AWS_PROFILE`, `AWS_ENDPOINT_URL` and the other variables. */
export function configureProvider(stack: TerraformStack, { region, tags }: ProviderProps): void {
  new AwsProvider(stack, "aws", { region, defaultTags: [{ tags }] });
  stack.addOverride("terraform.required_version", terraformVersions);
  stack.addOverride("terraform.required_providers.aws", {
    source: "hashicorp/aws",
    version: awsProviderVersions,
  });
}

/** A second provider for CloudFront's certificates, which must be in us-east-1. */
export function cdnRegionProvider(stack: TerraformStack, tags: ProviderProps["tags"]): AwsProvider {
  return new AwsProvider(stack, "aws-cdn-region", {
    alias: "cdn_region",
    region: cdnRegion,
    defaultTags: [{ tags }],
  });
}
