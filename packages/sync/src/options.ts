/** The options of a sync and of a restore. */
import type { Via } from "@pilot-light/core/config/via";
import type { Routes } from "@pilot-light/core/reach/routes";
import type { OutputsSource } from "@pilot-light/core/terraform/outputs";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { FingerprintDepth } from "@pilot-light/core/inventory/tables";
import type { Allowed } from "./plan/rules/index.ts";
import type { Script } from "./plan/script.ts";

/** Where the outputs are, and how RDS is reached. */
export interface ReachOptions {
  outputs: OutputsSource;
  /** The option `--via`. */
  via?: Via | undefined;
  /** Routes that the caller keeps open, in place of `via`. */
  routes?: Routes;
}

/** The options of a sync. They include the flags that allow what a preflight rule refuses, such as `allowShrink`. */
export interface SyncOptions extends Allowed, ReachOptions {
  /** Options of the command. The functions of `sync.ts` ignore them. */
  dryRun?: boolean;
  yes?: boolean;
  verify: FingerprintDepth;
  /** Parallel sessions for dump, restore and verification. */
  jobs: number;
  /** Dump the target to S3 before it is replaced. */
  targetBackup: boolean;
  /** Patterns of the schemas that are copied. Default: all. */
  schema?: readonly string[];
  /** Patterns of tables that are copied without their rows. */
  excludeTableData?: readonly string[];
  /** Replaces the contents of the target in one transaction, without a staging database. */
  inPlace?: boolean;
  /** Drops the previous targets of earlier syncs before anything is copied. */
  dropPreviousFirst?: boolean;
  /** Changes the copy after its verification. From `readScript`. */
  script?: Script;
}

/** Options of a restore. */
export interface RestoreOptions extends SyncOptions {
  to: DatabaseSystem;
  /** Restore a dump although its manifest does not state its rows. */
  allowUnverified: boolean;
  /** The command as it was given, for hints. */
  command: string;
}
