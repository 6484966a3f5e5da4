/** Names of the databases that a sync makes beside the target, and finding them again. */
import { createHash } from "node:crypto";

/** Longest identifier in bytes (`NAMEDATALEN` - 1). */
const longest = 63;

/** `staging`: being restored. `old`: the former target, kept for `sync undo`. */
export type CompanionKind = "staging" | "old";

/** `neondb__pl_old_20261122093000`: the target's name, what it is, when. Shortened where it is too long. */
export function companionName(database: string, kind: CompanionKind, stamp: string): string {
  const suffix = `__pl_${kind}_${stamp.replaceAll(/\D/g, "")}`;
  return `${shorten(database, longest - suffix.length)}${suffix}`;
}

/** True for a name that `companionName` made of this database and kind. */
export function isCompanion(name: string, database: string, kind: CompanionKind): boolean {
  const match = /^(.*)__pl_(staging|old)_\d{14}$/s.exec(name);
  if (match?.[2] !== kind) return false;
  return match[1] === shorten(database, longest - `__pl_${kind}_`.length - 14);
}

/** A name that is cut ends in a hash of the whole: two long names that begin alike must not share their companions. */
function shorten(text: string, bytes: number): string {
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
