/** The two directions of a sync, and the direction of a restore. */
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";

export type DirectionName = "neon-to-rds" | "rds-to-neon";

export interface Direction {
  name: DirectionName | "restore";
  /** For a restore: the system of the dumped database. It may be the system of the target. */
  source: DatabaseSystem;
  target: DatabaseSystem;
}

/** The direction of a sync. */
export interface SyncDirection extends Direction {
  name: DirectionName;
}

export const directions = {
  "neon-to-rds": { name: "neon-to-rds", source: "neon", target: "rds" },
  "rds-to-neon": { name: "rds-to-neon", source: "rds", target: "neon" },
} as const satisfies Record<DirectionName, SyncDirection>;
