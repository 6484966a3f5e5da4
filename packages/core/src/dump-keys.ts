/**
 * The layout of dumps in the db-backups bucket: `neon-dumps/2026-11-22T09-30-00.dump`, and its manifest at the same key that ends in
 * `.manifest.json`. A dump is complete once it has a manifest, which a sync writes last.
 */
import type { DatabaseSystem } from "./postgres/endpoint.ts";

const dumpEnding = ".dump";
const manifestEnding = ".manifest.json";
const draftEnding = ".draft.json";
const markEnding = ".mark.json";

/** The systems whose databases are dumped. */
export const systems = ["neon", "rds"] as const satisfies readonly DatabaseSystem[];

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

/** S3 key of the draft of a manifest: what a dump contains that no sync has restored and verified yet. */
export function draftKey(key: string): string {
  return `${key.slice(0, -dumpEnding.length)}${draftEnding}`;
}

/**
 * S3 key of the record of a mark: a database of this system is a changed copy.
 * @param stamp time of the run that created the database
 */
export function markKey(system: DatabaseSystem, stamp: string): string {
  return `${system}-dumps/${stamp}${markEnding}`;
}

/** What the key of a dump or of its manifest states. */
export interface DumpName {
  system: DatabaseSystem;
  /** As `timestamp` writes it. */
  stamp: string;
  isManifest: boolean;
}

const named =
  /^(?<system>neon|rds)-dumps\/(?<stamp>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)(?<ending>\.dump|\.manifest\.json)$/;

/** The parts of a key that a sync has written; undefined for the key of any other object. */
export function parseDumpKey(key: string): DumpName | undefined {
  const { system, stamp, ending } = named.exec(key)?.groups ?? {};
  if ((system !== "neon" && system !== "rds") || stamp === undefined) return undefined;
  return { system, stamp, isManifest: ending === manifestEnding };
}

/** The time of a stamp, in milliseconds since 1970; NaN for a stamp that is no time. */
export function timeOfStamp(stamp: string): number {
  return Date.parse(`${stamp.replace(/T(\d\d)-(\d\d)-(\d\d)$/, "T$1:$2:$3")}Z`);
}

/** Whether a key is that of a dump. */
export function isDumpKey(key: string): boolean {
  return key.endsWith(dumpEnding);
}

/** Whether a key is that of a manifest. */
export function isManifestKey(key: string): boolean {
  return key.endsWith(manifestEnding);
}

/** Whether a key is that of the draft of a manifest. */
export function isDraftKey(key: string): boolean {
  return key.endsWith(draftEnding);
}

/** Whether a key is that of the record of a mark. */
export function isMarkKey(key: string): boolean {
  return key.endsWith(markEnding);
}

/**
 * Whether a dump is complete. If a dump has no manifest, its sync has not finished.
 * @param keys all keys of the bucket
 */
export function isComplete(key: string, keys: ReadonlySet<string>): boolean {
  return keys.has(manifestKey(key));
}

/** Prefix of the records of runs. It is not below a prefix of dumps, because other commands list those. */
export const recordPrefix = "run-records/";
