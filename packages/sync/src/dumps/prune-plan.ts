/** Which dumps a prune deletes. Pure. */
import { plural } from "@pilot-light/core/output/format";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { isComplete, type StoredDump } from "../archive/stored-dump.ts";
import { mayBeRunning, type Needed } from "./needed.ts";

/** A dump to delete, with the reason as a phrase. */
export interface Surplus {
  dump: StoredDump;
  reason: string;
}

export interface PruneSelection {
  /** Number of the newest complete dumps of each database to keep; undefined for no such limit. */
  keep: number | undefined;
  /** Days for which a dump is kept; undefined for no such limit. */
  days: number | undefined;
}

/**
 * The dumps to delete, in the order of the list. A complete dump is deleted if every given limit allows it; without a limit, no complete dump
 * is deleted. An incomplete dump is deleted after a day.
 * @param dumps the newest first
 */
export function selectSurplus(
  dumps: readonly StoredDump[],
  { keep, days }: PruneSelection,
  needed: Needed,
  now: number,
): Surplus[] {
  const before = new Map<DatabaseSystem, number>();
  return dumps.flatMap((dump): Surplus[] => {
    if (!isComplete(dump)) {
      const lacks = dump.bytes === undefined ? "its dump is missing" : "it has no manifest";
      return mayBeRunning(dump, now) || needed.has(dump.key)
        ? []
        : [{ dump, reason: `incomplete: ${lacks}` }];
    }
    const newer = before.get(dump.system) ?? 0;
    before.set(dump.system, newer + 1);
    if ((keep === undefined && days === undefined) || needed.has(dump.key)) return [];
    if (keep !== undefined && newer < keep) return [];
    const age = Math.floor((now - dump.createdAt.getTime()) / (24 * 3_600_000));
    if (days !== undefined && age < days) return [];
    return [{ dump, reason: days === undefined ? plural(newer, "newer dump") : `${plural(age, "day")} old` }];
  });
}
