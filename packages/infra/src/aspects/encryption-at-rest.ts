/** Every resource whose encryption at rest is optional in AWS has it. Logs and secrets are always encrypted. */
import { DbInstance } from "@cdktf/provider-aws/lib/db-instance/index.js";
import { EcrRepository } from "@cdktf/provider-aws/lib/ecr-repository/index.js";
import { EfsFileSystem } from "@cdktf/provider-aws/lib/efs-file-system/index.js";
import { S3BucketServerSideEncryptionConfigurationA as S3Encryption } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { Annotations, type IAspect } from "cdktf";
import type { IConstruct } from "constructs";
import { isOfBucket } from "./companion.ts";

export class EncryptionAtRest implements IAspect {
  visit(node: IConstruct): void {
    if (isEncrypted(node) === false) Annotations.of(node).addError("Encryption at rest is not on.");
  }
}

/** Undefined for a resource without data. A value that is not known at synthesis counts as not encrypted. */
function isEncrypted(node: IConstruct): boolean | undefined {
  if (node instanceof DbInstance) return node.storageEncryptedInput === true;
  if (node instanceof EfsFileSystem) return node.encryptedInput === true;
  if (node instanceof EcrRepository) {
    const blocks = node.encryptionConfigurationInput;
    return Array.isArray(blocks) && blocks.length > 0;
  }
  if (node instanceof S3Bucket) {
    const all = node.node.root.node.findAll();
    return all.some((other) => other instanceof S3Encryption && isOfBucket(node, other.bucketInput));
  }
  return undefined;
}
