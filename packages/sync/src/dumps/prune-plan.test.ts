import { dumpKey, timestamp } from "@pilot-light/core/dump-keys";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { expect, test } from "vitest";
import type { StoredDump } from "../archive/stored-dump.ts";
import { isOf } from "./needed.ts";
import { selectSurplus, type PruneSelection } from "./prune-plan.ts";

const now = Date.parse("2026-11-22T09:30:00Z");
const day = 24 * 3_600_000;

function dump(daysAgo: number, system: DatabaseSystem = "neon", parts: Partial<StoredDump> = {}): StoredDump {
  const createdAt = new Date(now - daysAgo * day);
  const key = dumpKey(system, timestamp(createdAt));
  return { key, system, createdAt, bytes: 10, storedAt: createdAt, manifestAt: createdAt, ...parts };
}

/** Ages in days of the dumps that are deleted, with their systems. */
function deleted(
  dumps: readonly StoredDump[],
  selection: Partial<PruneSelection>,
  needed: readonly StoredDump[] = [],
) {
  const reasons = new Map(needed.map(({ key }) => [key, ["needed"]]));
  return selectSurplus(dumps, { keep: undefined, days: undefined, ...selection }, reasons, now).map(
    ({ dump: { system, createdAt } }) => `${system} ${(now - createdAt.getTime()) / day}`,
  );
}

const both = [1, 5, 9].flatMap((days) => [dump(days, "neon"), dump(days, "rds")]);

test("without limits, no complete dump is deleted", () => {
  expect(deleted(both, {})).toEqual([]);
});

test("the newest dumps of each database are kept", () => {
  expect(deleted(both, { keep: 2 })).toEqual(["neon 9", "rds 9"]);
  expect(deleted(both, { keep: 1 })).toEqual(["neon 5", "rds 5", "neon 9", "rds 9"]);
});

test("dumps that are younger than --days are kept; with both limits, both must allow the deletion", () => {
  expect(deleted(both, { days: 5 })).toEqual(["neon 5", "rds 5", "neon 9", "rds 9"]);
  expect(deleted(both, { days: 6 })).toEqual(["neon 9", "rds 9"]);
  expect(deleted(both, { days: 5, keep: 2 })).toEqual(["neon 9", "rds 9"]);
});

test("a dump that is needed is kept, and counts as one of the newest", () => {
  expect(deleted(both, { keep: 1 }, [both[4] ?? dump(0)])).toEqual(["neon 5", "rds 5", "rds 9"]);
});

test.each([
  ["without a manifest", { manifestAt: undefined }],
  ["without its dump", { bytes: undefined }],
])("an incomplete dump, %s, is deleted after a day, and does not count as one of the newest", (_, parts) => {
  const broken = (days: number) => dump(days, "neon", parts);
  expect(deleted([broken(0.5), dump(1), broken(2), dump(5)], { keep: 2 })).toEqual(["neon 2"]);
  // S3 received the object a moment ago: a slow sync may still upload the other one.
  expect(deleted([dump(2, "neon", { ...parts, storedAt: new Date(now) })], {})).toEqual([]);
});

test("the dumps of a mode change are those since its start, until its end", () => {
  const at = (time: string) => dump(0, "neon", { createdAt: new Date(`2026-11-22T${time}Z`) });
  const change = { command: "activate", startedAt: new Date("2026-11-22T08:00:00.700Z"), finishedAt: null };
  expect(["07:59:59", "08:00:00", "09:00:00"].map((time) => isOf(change, at(time)))).toEqual([
    false,
    true,
    true,
  ]);
  const finished = { ...change, finishedAt: new Date("2026-11-22T08:10:00Z") };
  expect(["08:00:00", "08:10:00", "08:10:01"].map((time) => isOf(finished, at(time)))).toEqual([
    true,
    true,
    false,
  ]);
});
