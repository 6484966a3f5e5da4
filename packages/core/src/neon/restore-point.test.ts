import { expect, test } from "vitest";
import { expiryAfter, isRestorePoint, readKeepDays, restorePointName } from "./restore-point.ts";

const stamp = "2026-11-22T09-30-00";

test("only a branch with a name of a sync is a restore point", () => {
  expect(isRestorePoint(restorePointName(stamp))).toBe(true);
  for (const name of [
    "production",
    "dev/alex",
    "pilot-light-restore-point-of-alex",
    `old-${restorePointName(stamp)}`,
  ]) {
    expect(isRestorePoint(name)).toBe(false);
  }
});

test("Neon accepts the time of a restore point that is kept as long as possible", () => {
  const now = Date.parse("2026-11-22T09:30:00.500Z");
  const expiry = expiryAfter(30, now);
  expect(expiry).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(Date.parse(expiry) - now).toBeLessThan(30 * 86_400_000);
});

test("days are whole and at most 30, and 0 stands for no restore point", () => {
  expect(readKeepDays({})).toBe(7);
  expect(readKeepDays({ PILOT_LIGHT_KEEP_BRANCH_DAYS: "30" })).toBe(30);
  expect(readKeepDays({ PILOT_LIGHT_KEEP_BRANCH_DAYS: "0" })).toBe(0);
  for (const value of ["-1", "31", "1.5", "week"]) {
    expect(() => readKeepDays({ PILOT_LIGHT_KEEP_BRANCH_DAYS: value })).toThrow(
      expect.objectContaining({ code: "NUMBER_INVALID" }),
    );
  }
});
