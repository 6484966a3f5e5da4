/** The options of a mode change: an activation or a deactivation. */
import type { Via } from "@pilot-light/core/config/via";
import type { TerraformVariable } from "./terraform/variables.ts";

/** The command that changes the mode. */
export type ModeChangeName = "activate" | "deactivate";

/** A command that applies a Terraform plan, after the guards have checked it. */
export type GuardedCommand = ModeChangeName | "infra:deploy";

/** A command with flags of guards. An adoption has its own checks, and shares a flag with the guards. */
export type FlaggedCommand = GuardedCommand | "infra:adopt";

/** Services whose image is in a repository of the environment. */
export type ImageName = "backend" | "frontend" | "grafana";

/** The option `--for` of an activation. */
export interface Schedule {
  /** The text that the person gave, such as `8h`, for hints. */
  text: string;
  /** When the environment is due for its deactivation; null for never. */
  at: string | null;
}

export interface ModeChangeOptions {
  dryRun: boolean;
  /** Run without a prompt. Every guard still applies. */
  yes: boolean;
  /** Undefined: neither `--sync-data` nor `--no-sync-data` was given. */
  syncData: boolean | undefined;
  /** Continue where the last run stopped. */
  resume: boolean;
  /** Variables for Terraform, in the order of their precedence. */
  variables: readonly TerraformVariable[];
  /** Tag or digest of each image that is not to be the newest. */
  images: Partial<Record<ImageName, string>>;
  /** Do not stop the backend before the last copy. */
  keepBackend: boolean;
  /** Milliseconds that services may take to become healthy. */
  waitMs: number;
  /** When the environment is to be deactivated; undefined keeps the recorded time. */
  schedule?: Schedule | undefined;
  /** The option `--via`. */
  via?: Via | undefined;
  /** Ids of the guards whose findings are allowed: `--allow-<id>`. `--yes` allows none. */
  allow: ReadonlySet<string>;
}
