/** Names of the databases that a sync makes beside the target, and finding them again. */
import { createHash } from "node:crypto";

/** Longest identifier in bytes (`NAMEDATALEN` - 1). */
const longest = 63;
/** The longest suffix: kind, fourteen digits of time, ten of an OID. */
const suffixLength = "__pl_staging_".length + 14 + 1 + 10;

/** `neondb__pl_staging_20261122093000`: a database that is being restored for `database`. */
export function stagingName(database: string, stamp: string): string {
  return `${shorten(database)}__pl_staging_${digits(stamp)}`;
}

/**
 * `neondb__pl_old_20261122093000_16777`: the former target. Its name tells which database took its place, so that what
 * an interrupted exchange left can be told from what a person did.
 * @param successor OID of that database
 */
export function formerName(database: string, stamp: string, successor: number): string {
  return `${shorten(database)}__pl_old_${digits(stamp)}_${successor}`;
}

/** True for a name that `stagingName` made of this database. */
export function isStaging(name: string, database: string): boolean {
  const base = /^(.*)__pl_staging_\d{14}$/s.exec(name)?.[1];
  return base === shorten(database);
}

/** The successor's OID in a name that `formerName` made of this database. */
export function successorIn(name: string, database: string): number | undefined {
  const match = /^(.*)__pl_old_\d{14}_(\d{1,10})$/s.exec(name);
  return match?.[1] === shorten(database) ? Number(match[2]) : undefined;
}

function digits(stamp: string): string {
  return stamp.replaceAll(/\D/g, "");
}

/** A name that is cut ends in a hash of the whole: two long names that begin alike must not share their companions. */
function shorten(text: string): string {
  const bytes = longest - suffixLength;
  const whole = Buffer.from(text);
  if (whole.length <= bytes) return text;
  const mark = `~${createHash("sha256").update(text).digest("hex").slice(0, 8)}`;
  // Not in the middle of a character: decoding drops nothing but the cut one, which shows as U+FFFD.
  const start = whole
    .subarray(0, bytes - mark.length)
    .toString()
    .replace(/\uFFFD+$/, "");
  return `${start}${mark}`;
}
