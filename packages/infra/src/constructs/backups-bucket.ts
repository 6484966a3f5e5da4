/** The S3 bucket with the database dumps: versioned, the dumps expire by age, not to be destroyed. */
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning/index.js";
import type { dumpPrefixes } from "@pilot-light/core/contract";
import { Construct } from "constructs";
import { PrivateBucket } from "./private-bucket.ts";

export interface BackupsBucketSettings {
  /** Days until a dump expires. */
  retentionDays: number;
  /** Days until a version that was deleted, expired or overwritten is gone for good. */
  noncurrentDays: number;
}

export interface BackupsBucketProps extends BackupsBucketSettings {
  name: string;
}

/** A rule each, as S3 takes one prefix in a rule: what else lies in the bucket, such as the journal of a switch, does not expire. */
const expiring = {
  "expire-old-dumps": "neon-dumps/",
  "expire-old-dumps-of-rds": "rds-dumps/",
} as const satisfies Record<string, (typeof dumpPrefixes)[number]>;

export class BackupsBucket extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, { name, retentionDays, noncurrentDays }: BackupsBucketProps) {
    super(scope, id);
    const bucket = new PrivateBucket(this, "dumps", { name, preventDestroy: true });
    this.name = bucket.name;
    this.arn = bucket.arn;
    const versioning = new S3BucketVersioningA(this, "versioning", {
      bucket: bucket.bucketId,
      versioningConfiguration: { status: "Enabled" },
    });
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket: bucket.bucketId,
      rule: [
        ...Object.entries(expiring).map(([ruleId, prefix]) => ({
          id: ruleId,
          status: "Enabled",
          filter: [{ prefix }],
          expiration: [{ days: retentionDays }],
        })),
        {
          // S3 takes no `days` in a rule that removes delete markers.
          id: "clean-up",
          status: "Enabled",
          filter: [{ prefix: "" }],
          expiration: [{ expiredObjectDeleteMarker: true }],
          noncurrentVersionExpiration: [{ noncurrentDays }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
        },
      ],
      // Rules for noncurrent versions need versioning to be on.
      dependsOn: [versioning],
    });
  }
}
