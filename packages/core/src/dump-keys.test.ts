import { expect, test } from "vitest";
import { dumpKey, isComplete, isDumpKey, isManifestKey, manifestKey, timestamp } from "./dump-keys.ts";

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
