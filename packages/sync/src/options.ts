/** What a sync command was asked to do. */
import type { OutputsSource } from "@pilot-light/core/terraform/outputs";
import type { FingerprintDepth } from "@pilot-light/core/inventory/tables";

export interface SyncOptions {
  dryRun: boolean;
  /** Do not ask. Bypasses no check. */
  yes: boolean;
  verify: FingerprintDepth;
  /** Parallel sessions for dump, restore and verification. */
  jobs: number;
  /** Dump the target to S3 before it is replaced. */
  targetBackup: boolean;
  /** Go on although the source is empty or far smaller than the target. */
  allowShrink: boolean;
  outputs: OutputsSource;
}
