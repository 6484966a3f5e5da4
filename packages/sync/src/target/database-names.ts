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

/** `replaced` by a sync, which made a dump of it before, or `undone`: put aside by `sync undo`, which makes none. */
export type FormerKind = "replaced" | "undone";

/** In the order of the alphabet: of two databases that had the same successor, the undone one is the newer. */
const marks = { replaced: "old", undone: "undone" } as const satisfies Record<FormerKind, string>;

/**
 * `neondb__pl_old_20261122093000_16777`, or `..._undone_...`: a former target. Its name tells which database took its
 * place, so that what an interrupted exchange left can be told from what a person did.
 * @param successor OID of that database
 */
export function formerName(database: string, kind: FormerKind, stamp: string, successor: number): string {
  return `${shorten(database)}__pl_${marks[kind]}_${digits(stamp)}_${successor}`;
}

/** True for a name that `stagingName` made of this database. */
export function isStaging(name: string, database: string): boolean {
  const base = /^(.*)__pl_staging_\d{14}$/s.exec(name)?.[1];
  return base === shorten(database);
}

/** What `formerName` put into a name that it made of this database. */
export function readFormerName(
  name: string,
  database: string,
): { kind: FormerKind; successor: number } | undefined {
  const match = /^(.*)__pl_(old|undone)_\d{14}_(\d{1,10})$/s.exec(name);
  if (match?.[1] !== shorten(database)) return undefined;
  return { kind: match[2] === marks.undone ? "undone" : "replaced", successor: Number(match[3]) };
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
