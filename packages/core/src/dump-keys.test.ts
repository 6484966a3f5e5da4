import { expect, test } from "vitest";
import {
  dumpKey,
  isComplete,
  isDumpKey,
  isManifestKey,
  manifestKey,
  parseDumpKey,
  timeOfStamp,
  timestamp,
} from "./dump-keys.ts";

test("a key contains the time in UTC, to the second", () => {
  const stamp = timestamp(new Date("2026-11-22T23:30:05.999-02:00"));
  expect(stamp).toBe("2026-11-23T01-30-05");
  expect(dumpKey("neon", stamp)).toBe("neon-dumps/2026-11-23T01-30-05.dump");
  expect(manifestKey(dumpKey("rds", stamp))).toBe("rds-dumps/2026-11-23T01-30-05.manifest.json");
});

test("a dump is complete once it has a manifest", () => {
  const key = dumpKey("neon", "2026-11-22T09-30-00");
  const manifest = manifestKey(key);
  expect([key, manifest].map((each) => [isDumpKey(each), isManifestKey(each)])).toEqual([
    [true, false],
    [false, true],
  ]);
  expect(isComplete(key, new Set([key]))).toBe(false);
  expect(isComplete(key, new Set([key, manifest]))).toBe(true);
});

test("a key that a sync wrote states its system, its time and whether it is a manifest", () => {
  const key = dumpKey("rds", "2026-11-22T09-30-05");
  expect(parseDumpKey(key)).toEqual({ system: "rds", stamp: "2026-11-22T09-30-05", isManifest: false });
  expect(parseDumpKey(manifestKey(key))).toMatchObject({ isManifest: true });
  expect(new Date(timeOfStamp("2026-11-22T09-30-05")).toISOString()).toBe("2026-11-22T09:30:05.000Z");
});

test.each([
  "rds-dumps/by-hand.dump",
  "other-dumps/2026-11-22T09-30-05.dump",
  "rds-dumps/",
  "x/lifecycle.json",
])("%s is not the key of a dump of a sync", (key) => {
  expect(parseDumpKey(key)).toBeUndefined();
});
