/** The two directions of a sync and what follows from each. */
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

/** `2026-11-22T09-30-00`: UTC, to the second, safe in keys and file names. */
export function timestamp(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll(":", "-");
}

/** Prefixes of all dumps. */
export const dumpPrefixes = ["neon-dumps/", "rds-dumps/"] as const;

/** S3 key of the dump of a system's database. */
export function dumpKey(system: DatabaseSystem, stamp: string): string {
  return `${system}-dumps/${stamp}.dump`;
}

/** How keys of manifests end. */
export const manifestEnding = ".manifest.json";

/** S3 key of the manifest that makes a dump count. */
export function manifestKey(key: string): string {
  return key.replace(/\.dump$/, manifestEnding);
}
