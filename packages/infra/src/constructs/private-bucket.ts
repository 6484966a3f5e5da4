/** The form of every S3 bucket in the stack: encrypted, not public, and without access for requests without TLS. */
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { Construct } from "constructs";

export interface PrivateBucketProps {
  name: string;
  /** Terraform refuses every plan that would delete the bucket. */
  preventDestroy?: true;
  /** Terraform deletes the objects together with the bucket. Otherwise it refuses to delete a bucket with objects. */
  forceDestroy?: true;
  /** Tags in addition to those of the provider. */
  tags?: Readonly<Record<string, string>>;
}

export class PrivateBucket extends Construct {
  readonly name: string;
  readonly arn: string;
  /** For further settings of the bucket. */
  readonly bucketId: string;

  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id);
    const { name, preventDestroy, forceDestroy, tags } = props;
    const bucket = new S3Bucket(this, "bucket", {
      bucket: name,
      ...(tags === undefined ? {} : { tags: { ...tags } }),
      ...(forceDestroy === undefined ? {} : { forceDestroy }),
      ...(preventDestroy === undefined ? {} : { lifecycle: { preventDestroy } }),
    });
    this.name = bucket.bucket;
    this.arn = bucket.arn;
    this.bucketId = bucket.id;

    const publicAccessBlock = new S3BucketPublicAccessBlock(this, "public-access-block", {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketPolicy(this, "policy", {
      bucket: bucket.id,
      policy: tlsOnly(bucket.arn),
      // S3 answers OperationAborted when both change at the same time.
      dependsOn: [publicAccessBlock],
    });
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      bucket: bucket.id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
  }
}

/** A policy that denies every request without TLS, for every principal. */
function tlsOnly(bucketArn: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "DenyInsecureTransport",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [bucketArn, `${bucketArn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
}
