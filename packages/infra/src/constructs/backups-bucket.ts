/** The S3 bucket with the database dumps: versioned, with expiry, protected against deletion. */
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning/index.js";
import { Construct } from "constructs";
import { PrivateBucket } from "./private-bucket.ts";

export interface BackupsBucketSettings {
  /** Days until a dump expires: S3 no longer lists it, but its version still exists. */
  retentionDays: number;
  /** Further days until S3 permanently deletes a version that was deleted, expired or overwritten. */
  noncurrentDays: number;
}

export interface BackupsBucketProps extends BackupsBucketSettings {
  name: string;
}

export class BackupsBucket extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, { name, retentionDays, noncurrentDays }: BackupsBucketProps) {
    super(scope, id);
    const bucket = new PrivateBucket(this, "dumps", {
      name,
      preventDestroy: true,
      tags: { Name: name, Purpose: "Database sync dumps between Neon and RDS" },
    });
    this.name = bucket.name;
    this.arn = bucket.arn;
    const versioning = new S3BucketVersioningA(this, "versioning", {
      bucket: bucket.bucketId,
      versioningConfiguration: { status: "Enabled" },
    });
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket: bucket.bucketId,
      rule: [
        {
          id: "expire-old-dumps",
          status: "Enabled",
          filter: [{ prefix: "" }],
          expiration: [{ days: retentionDays }],
          noncurrentVersionExpiration: [{ noncurrentDays }],
        },
        {
          // S3 does not accept `days` in a rule that removes delete markers.
          id: "clean-up",
          status: "Enabled",
          filter: [{ prefix: "" }],
          expiration: [{ expiredObjectDeleteMarker: true }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
        },
      ],
      // Rules for noncurrent versions need versioning to be on.
      dependsOn: [versioning],
    });
  }
}
