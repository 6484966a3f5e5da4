/** The S3 bucket for CPU profiles and heap snapshots that backend tasks upload. They expire after a few days. */
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { Construct } from "constructs";
import { PrivateBucket } from "./private-bucket.ts";

export interface ProfilingBucketProps {
  name: string;
  retentionDays: number;
}

export class ProfilingBucket extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, { name, retentionDays }: ProfilingBucketProps) {
    super(scope, id);
    const bucket = new PrivateBucket(this, "artifacts", { name, forceDestroy: true });
    this.name = bucket.name;
    this.arn = bucket.arn;
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket: bucket.bucketId,
      rule: [
        {
          id: "expire-artifacts",
          status: "Enabled",
          filter: [{ prefix: "" }],
          expiration: [{ days: retentionDays }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
        },
      ],
    });
  }
}
