/** An S3 bucket as every one here is: encrypted, closed to the public, and to requests without TLS. */
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { Construct } from "constructs";

export interface PrivateBucketProps {
  name: string;
  /** Refuses every plan that would destroy the bucket. */
  preventDestroy?: true;
  /** Deletes the objects with the bucket; without it a bucket with objects stays. */
  forceDestroy?: true;
}

export class PrivateBucket extends Construct {
  readonly name: string;
  readonly arn: string;
  /** For further settings of the bucket. */
  readonly bucketId: string;

  constructor(scope: Construct, id: string, { name, preventDestroy, forceDestroy }: PrivateBucketProps) {
    super(scope, id);
    const bucket = new S3Bucket(this, "bucket", {
      bucket: name,
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
      // S3 answers OperationAborted when both change at once.
      dependsOn: [publicAccessBlock],
    });
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      bucket: bucket.id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
  }
}

/** A policy that refuses every request without TLS, whoever makes it. */
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
