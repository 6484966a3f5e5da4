/** Names of the databases that a sync creates on the target's server, and how to recognize them. */
import { createHash } from "node:crypto";

/** Longest identifier in bytes (`NAMEDATALEN` - 1). */
const longest = 63;
/** The longest suffix: kind, fourteen digits of time, ten of an OID. */
const suffixLength = "__pl_staging_".length + 14 + 1 + 10;

/** `neondb__pl_staging_20261122093000`: the database that a sync restores into before it replaces `database`. */
export function stagingName(database: string, stamp: string): string {
  return `${shorten(database)}__pl_staging_${digits(stamp)}`;
}

/** `replaced` by a sync, which dumped it before; or `undone` by `sync undo`, which creates no dump. */
export type PreviousKind = "replaced" | "undone";

/** In alphabetical order: of two databases that had the same successor, the undone one is the newer. */
const marks = { replaced: "old", undone: "undone" } as const satisfies Record<PreviousKind, string>;

/**
 * `neondb__pl_old_20261122093000_16777`, or `..._undone_...`: a previous target. Its name contains the OID of the database that
 * replaced it, so that the state that an interrupted swap left can be distinguished from a change by a person.
 * @param successor OID of the database that replaced it
 */
export function previousName(database: string, kind: PreviousKind, stamp: string, successor: number): string {
  return `${shorten(database)}__pl_${marks[kind]}_${digits(stamp)}_${successor}`;
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

/** The time in a name that `previousName` created: the database was replaced then. In the form of a stamp without its separators. */
export function replacedAt(previous: string): string {
  return /_(\d{14})_\d{1,10}$/.exec(previous)?.[1] ?? "";
}

/** A stamp as it is in names: comparable with `replacedAt`. */
export function digits(stamp: string): string {
  return stamp.replaceAll(/\D/g, "");
}

/** A shortened name ends in a hash of the full one: two long names with the same beginning must not share these databases. */
function shorten(text: string): string {
  const bytes = longest - suffixLength;
  const full = Buffer.from(text);
  if (full.length <= bytes) return text;
  const mark = `~${createHash("sha256").update(text).digest("hex").slice(0, 8)}`;
  // Not in the middle of a character: decoding turns only the broken one into U+FFFD.
  const start = full
    .subarray(0, bytes - mark.length)
    .toString()
    .replace(/\uFFFD+$/, "");
  return `${start}${mark}`;
}
