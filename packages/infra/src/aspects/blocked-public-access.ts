/** Every bucket has all four settings that block public access. */
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { Annotations, type IAspect } from "cdktf";
import type { IConstruct } from "constructs";
import { isOfBucket } from "./companion.ts";

export class BlockedPublicAccess implements IAspect {
  visit(node: IConstruct): void {
    if (!(node instanceof S3Bucket)) return;
    const blocked = node.node.root.node
      .findAll()
      .some(
        (other) =>
          other instanceof S3BucketPublicAccessBlock &&
          isOfBucket(node, other.bucketInput) &&
          blocksAll(other),
      );
    if (!blocked) Annotations.of(node).addError("A bucket needs all four settings that block public access.");
  }
}

function blocksAll(block: S3BucketPublicAccessBlock): boolean {
  const four = [
    block.blockPublicAclsInput,
    block.blockPublicPolicyInput,
    block.ignorePublicAclsInput,
    block.restrictPublicBucketsInput,
  ];
  return four.every((value) => value === true);
}
