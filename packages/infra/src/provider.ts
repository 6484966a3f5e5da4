/** The AWS provider: region, tags on everything, and the versions that are good enough. */
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import type { TerraformStack } from "cdktf";

/**
 * The bindings of `@cdktf/provider-aws` ask for exactly the version they were generated from. Both majors in this range
 * work as long as no construct uses an attribute that only one of them has.
 */
const awsProviderVersions = ">= 5.100.0, < 7.0.0";

/** The oldest one that locks a state in S3 by itself. */
const terraformVersions = ">= 1.10.0";

/** The region that CloudFront takes certificates from, wherever the rest is. */
export const cdnRegion = "us-east-1";

export interface ProviderProps {
  region: string;
  /** Tags of every resource that can have any. */
  tags: Readonly<Record<string, string>>;
}

/** Credentials, profile and endpoint are not here: the provider reads `AWS_PROFILE`, `AWS_ENDPOINT_URL` and the rest itself. */
export function configureProvider(stack: TerraformStack, { region, tags }: ProviderProps): void {
  new AwsProvider(stack, "aws", { region, defaultTags: [{ tags }] });
  stack.addOverride("terraform.required_version", terraformVersions);
  stack.addOverride("terraform.required_providers.aws", {
    source: "hashicorp/aws",
    version: awsProviderVersions,
  });
}

/** A second provider for what CloudFront wants in its own region. */
export function cdnRegionProvider(stack: TerraformStack, tags: ProviderProps["tags"]): AwsProvider {
  return new AwsProvider(stack, "aws-cdn-region", {
    alias: "cdn_region",
    region: cdnRegion,
    defaultTags: [{ tags }],
  });
}
