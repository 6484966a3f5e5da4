/** The two directions of a sync, and that of a restore. */
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";

export type DirectionName = "neon-to-rds" | "rds-to-neon";

export interface Direction {
  name: DirectionName | "restore";
  /** Of a restore: the system whose database was dumped, which may be that of the target. */
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
