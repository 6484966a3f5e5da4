/** Variables of the buckets and the image registries: how long things are kept. */
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
        "Days a database dump is kept.",
      ),
      noncurrentDays: define.integer(
        "db_backups_noncurrent_days",
        7,
        daysOfAYear,
        "Days a deleted, expired or overwritten dump can still be brought back.",
      ),
    },
    profilingRetentionDays: define.integer(
      "profiling_retention_days",
      7,
      daysOfAYear,
      "Days a CPU profile or heap snapshot of the backend is kept.",
    ),
    ecrImagesKept: define.integer(
      "ecr_images_kept",
      10,
      [2, 1000],
      "Images kept in each repository; older ones expire.",
    ),
  };
}
