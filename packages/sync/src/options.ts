/** The options of a sync. */
import type { OutputsSource } from "@pilot-light/core/terraform/outputs";
import type { FingerprintDepth } from "@pilot-light/core/inventory/tables";
import type { Allowed } from "./plan/rules/index.ts";

/** With the flags that allow what a preflight rule refuses, such as `allowShrink`. */
export interface SyncOptions extends Allowed {
  /** Options of the command. The functions of `sync.ts` ignore them. */
  dryRun?: boolean;
  yes?: boolean;
  verify: FingerprintDepth;
  /** Parallel sessions for dump, restore and verification. */
  jobs: number;
  /** Dump the target to S3 before it is replaced. */
  targetBackup: boolean;
  outputs: OutputsSource;
}
