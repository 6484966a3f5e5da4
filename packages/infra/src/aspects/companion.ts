/** Settings of an S3 bucket are separate resources. Checks whether a setting belongs to a bucket. */
import type { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { DefaultTokenResolver, StringConcat, TerraformStack, Tokenization } from "cdktf";

/** Whether a setting's `bucket` is this bucket: a reference to it, or its name. */
export function isOfBucket(bucket: S3Bucket, named: string | undefined): boolean {
  const scope = TerraformStack.of(bucket);
  const options = { scope, resolver: new DefaultTokenResolver(new StringConcat()), preparing: true };
  const resolved: unknown = Tokenization.resolve(named, options);
  if (typeof resolved !== "string") return false;
  const reference = `\${${bucket.terraformResourceType}.${bucket.friendlyUniqueId}`;
  return (
    resolved.startsWith(`${reference}.`) ||
    resolved.startsWith(`${reference}[`) ||
    resolved === bucket.bucketInput
  );
}
