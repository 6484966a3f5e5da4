/**
 * Rule: the target's server has room for the new contents in addition to the present ones. This holds for both methods: a transaction
 * frees the old tables only when it commits.
 */
import { formatBytes } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { DatabasesRule } from "./rule.ts";

const noRoomOnTarget = defineError<{
  system: DatabaseSystem;
  free: number;
  needed: number;
  live: number;
  previous: number;
  reportedBy: string;
}>({
  code: "NO_ROOM_ON_TARGET",
  failure: "precondition",
  meaning:
    "The server of the target has less free storage than the new contents need. With both methods, the server stores the present contents until the sync ends, and the previous target of an earlier sync as well.",
  remedy:
    "Increase the storage of the server. If there is a previous target, `--drop-previous-first` drops it before the sync. If the copy will be smaller than the source, or the storage grows by itself, add `--allow-low-storage`.",
  state: "nothing-written",
  message: ({ system, free, needed }) =>
    `${system} has ${formatBytes(free)} of free storage, but the new contents need about ${formatBytes(needed)} in addition to the present contents.`,
  details: ({ live, needed, previous, reportedBy }) => [
    `at the peak: the target ${formatBytes(live)}, its new contents ${formatBytes(needed)}, previous targets ${formatBytes(previous)}`,
    `the free storage is reported by ${reportedBy}`,
  ],
  hint: ({ system }) =>
    system === "rds" ? "Increase the allocated storage of the instance." : "Choose a larger plan of Neon.",
});

export const room: DatabasesRule<"allow-low-storage"> = {
  id: "room",
  needs: "databases",
  errors: { noRoomOnTarget },
  allow: {
    option: "allow-low-storage",
    describe: "Sync even if the target's server may have too little free storage",
    meaning:
      "The copy will be smaller than the source, which has much free space in its tables, or the storage of the server grows by itself. If the storage is full before the end, the sync fails and leaves the target unchanged, but other databases of the server cannot write meanwhile.",
  },
  check: ({ direction, room: facts, source, target }) => {
    if (facts === undefined) return [];
    const { dropPreviousFirst, free, previousBytes, reportedBy, unknown } = facts;
    if (free === undefined) {
      if (unknown === undefined) return [];
      return [{ note: `the free storage of ${direction.target} is not known: ${unknown}` }];
    }
    // For a dump, this is its compressed size: its rows need at least as much.
    const needed = source.facts.bytes;
    const available = free + (dropPreviousFirst ? previousBytes : 0);
    if (needed <= available) return [];
    const figures = { free, needed, live: target.facts.bytes, previous: previousBytes, reportedBy };
    const refusal = noRoomOnTarget({ system: direction.target, ...figures });
    const helps = !dropPreviousFirst && previousBytes > 0 && needed <= free + previousBytes;
    return [helps ? { refusal, avoidedBy: "drop-previous-first" } : { refusal }];
  },
};
