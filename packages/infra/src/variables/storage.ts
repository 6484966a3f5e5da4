/** The variables of the buckets and the image repositories: retention times. */
import type { BackupsBucketSettings } from "../constructs/backups-bucket.ts";
import type { VariableDefinitions } from "./definitions.ts";

const daysOfAYear = [1, 365] as const;

export interface StorageVariables {
  backups: BackupsBucketSettings;
  profilingRetentionDays: number;
  ecrImagesKept: number;
}

export function storageVariables(define: VariableDefinitions): StorageVariables {
  return {
    backups: {
      retentionDays: define.integer(
        "db_backups_retention_days",
        30,
        daysOfAYear,
        "Days after which a database dump expires. Its version still exists for db_backups_noncurrent_days.",
      ),
      noncurrentDays: define.integer(
        "db_backups_noncurrent_days",
        7,
        daysOfAYear,
        "Days that S3 keeps the version of a deleted, expired or overwritten dump, before it deletes the version permanently.",
      ),
    },
    profilingRetentionDays: define.integer(
      "profiling_retention_days",
      7,
      daysOfAYear,
      "Days after which a CPU profile or heap snapshot of the backend expires.",
    ),
    ecrImagesKept: define.integer(
      "ecr_images_kept",
      10,
      [2, 1000],
      "Number of images in each repository. Older images expire.",
    ),
  };
}
