/** The two directions of a sync. */
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";

export type DirectionName = "neon-to-rds" | "rds-to-neon";

export interface Direction {
  name: DirectionName;
  source: DatabaseSystem;
  target: DatabaseSystem;
}

export const directions = {
  "neon-to-rds": { name: "neon-to-rds", source: "neon", target: "rds" },
  "rds-to-neon": { name: "rds-to-neon", source: "rds", target: "neon" },
} as const satisfies Record<DirectionName, Direction>;
