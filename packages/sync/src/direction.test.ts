import { expect, test } from "vitest";
import { dumpKey, manifestKey, timestamp } from "./direction.ts";

test("keys are those that the original wrote, in UTC", () => {
  const stamp = timestamp(new Date("2026-11-22T23:30:05.999-02:00"));
  expect(stamp).toBe("2026-11-23T01-30-05");
  expect(dumpKey("neon", stamp)).toBe("neon-dumps/2026-11-23T01-30-05.dump");
  expect(manifestKey(dumpKey("rds", stamp))).toBe("rds-dumps/2026-11-23T01-30-05.manifest.json");
});
