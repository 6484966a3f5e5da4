/** Creates and recognizes the names of staging databases and previous targets. */
import { createHash } from "node:crypto";

/** Longest identifier in bytes (`NAMEDATALEN` - 1). */
const longest = 63;
/** The longest suffix: kind, fourteen digits of time, ten of an OID. */
const suffixLength = "__pl_staging_".length + 14 + 1 + 10;

/** `neondb__pl_staging_20261122093000`: the database that a sync restores into before it replaces `database`. */
export function stagingName(database: string, stamp: string): string {
  return `${shorten(database)}__pl_staging_${digits(stamp)}`;
}

/** How a previous target was replaced: `replaced` by a sync, which dumped it first, or `undone` by `sync undo`, which creates no dump. */
export type PreviousKind = "replaced" | "undone";

/** Parts of names. In alphabetical order, "undone" follows "old": of two databases with the same successor, the undone one is the newer. */
const marks = { replaced: "old", undone: "undone" } as const satisfies Record<PreviousKind, string>;

/**
 * `neondb__pl_old_20261122093000_16777`, or `..._undone_...`: the name of a previous target. It contains the OID of the database that replaced
 * the target. This OID distinguishes the state after an interrupted swap from a change by a person.
 * @param successor OID of the database that replaced it
 */
export function previousName(database: string, kind: PreviousKind, stamp: string, successor: number): string {
  return `${shorten(database)}__pl_${marks[kind]}_${digits(stamp)}_${successor}`;
}

/** `neondb_kept`: the name under which a target keeps its rows while a new one takes its place by hand. */
export function keptName(database: string): string {
  return `${shorten(database)}_kept`;
}

/** Whether `stagingName` created this name for the database. */
export function isStaging(name: string, database: string): boolean {
  const base = /^(.*)__pl_staging_\d{14}$/s.exec(name)?.[1];
  return base === shorten(database);
}

/** The parts of a name that `previousName` created for the database; undefined for any other name. */
export function readPreviousName(
  name: string,
  database: string,
): { kind: PreviousKind; successor: number } | undefined {
  const match = /^(.*)__pl_(old|undone)_\d{14}_(\d{1,10})$/s.exec(name);
  if (match?.[1] !== shorten(database)) return undefined;
  return { kind: match[2] === marks.undone ? "undone" : "replaced", successor: Number(match[3]) };
}

/** The time of the replacement in a name that `previousName` created, as a stamp without separators; empty for any other name. */
export function replacedAt(previous: string): string {
  return /_(\d{14})_\d{1,10}$/.exec(previous)?.[1] ?? "";
}

/** A stamp without separators, as names contain it. It can be compared with `replacedAt`. */
export function digits(stamp: string): string {
  return stamp.replaceAll(/\D/g, "");
}

/** Shortens a long name and appends a hash of it: two long names with the same beginning must not share these databases. */
function shorten(text: string): string {
  const bytes = longest - suffixLength;
  const full = Buffer.from(text);
  if (full.length <= bytes) return text;
  const mark = `~${createHash("sha256").update(text).digest("hex").slice(0, 8)}`;
  // The cut may be in the middle of a character. Decoding turns this character into U+FFFD, which is removed.
  const start = full
    .subarray(0, bytes - mark.length)
    .toString()
    .replace(/\uFFFD+$/, "");
  return `${start}${mark}`;
}
