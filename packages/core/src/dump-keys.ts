/**
 * The layout of dumps in the db-backups bucket: `neon-dumps/2026-11-22T09-30-00.dump`, and its manifest at the same key that ends in
 * `.manifest.json`. A dump is complete once it has a manifest, which a sync writes last.
 */
import type { DatabaseSystem } from "./postgres/endpoint.ts";

const dumpEnding = ".dump";
const manifestEnding = ".manifest.json";

/** Prefixes of all dumps. */
export const dumpPrefixes = ["neon-dumps/", "rds-dumps/"] as const satisfies `${DatabaseSystem}-dumps/`[];

/** `2026-11-22T09-30-00`: UTC, to the second, safe in keys and file names. */
export function timestamp(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll(":", "-");
}

/** S3 key of the dump of a system's database. */
export function dumpKey(system: DatabaseSystem, stamp: string): string {
  return `${system}-dumps/${stamp}${dumpEnding}`;
}

/** S3 key of the manifest that makes a dump complete. */
export function manifestKey(key: string): string {
  return `${key.slice(0, -dumpEnding.length)}${manifestEnding}`;
}

/** Whether a key is that of a dump. */
export function isDumpKey(key: string): boolean {
  return key.endsWith(dumpEnding);
}

/** Whether a key is that of a manifest. */
export function isManifestKey(key: string): boolean {
  return key.endsWith(manifestEnding);
}

/**
 * Whether a dump is complete: a dump without a manifest is one whose sync has not finished.
 * @param keys all keys of the bucket
 */
export function isComplete(key: string, keys: ReadonlySet<string>): boolean {
  return keys.has(manifestKey(key));
}
