/** What a switch was asked to do. */
import type { ImageName } from "./aws/images.ts";

export interface SwitchOptions {
  dryRun: boolean;
  /** Do not ask. Bypasses no guard. */
  yes: boolean;
  /** Undefined: not said. */
  syncData: boolean | undefined;
  /** Go on where the last switch stopped. */
  resume: boolean;
  /** Arguments for terraform: `-var=...`, `-var-file=...`. */
  variables: readonly string[];
  /** Tag or digest of each image that is not to be the newest. */
  images: Partial<Record<ImageName, string>>;
  /** Do not stop the backend before the last copy. */
  keepBackend: boolean;
  /** Milliseconds that services may take to become healthy. */
  wait: number;
  allow: Readonly<Record<Guard, boolean>>;
}

/** Each of them stops a switch; `--allow-<name>` lets it pass. `--yes` does not. */
export const guards = {
  production: "Deactivate although production is, or may be, served from this environment",
  shrink: "Sync although the source is empty or has far fewer rows than the target",
  "data-loss": "Go on although Terraform would delete or replace what holds data",
  resync: "Sync although the backend runs, and may write to RDS meanwhile",
  newer:
    "Sync although the target has, or may have, rows that are newer than the last copy: they are replaced",
} as const;
export type Guard = keyof typeof guards;
