import { expect, test } from "vitest";
import { neededStorage } from "./storage.ts";

const gibibytes = (count: number) => count * 2 ** 30;
const plan = (source: number, target: number, backup: string | null = "s3://b/k") =>
  ({ source: { bytes: gibibytes(source) }, target: { bytes: gibibytes(target) }, backup }) as Parameters<
    typeof neededStorage
  >[0];

test("small dumps need no more storage than every task has", () => {
  expect(neededStorage(plan(0.01, 0.01))).toBeUndefined();
  expect(neededStorage(plan(8, 8))).toBeUndefined();
});

test("larger dumps get storage for both, or for the source alone without a backup", () => {
  expect(neededStorage(plan(40, 30))).toBe(74);
  expect(neededStorage(plan(40, 30, null))).toBe(44);
  expect(neededStorage(plan(17, 0))).toBe(21);
});

test("dumps that cannot fit are refused, and the hint names --no-target-backup only if there is a backup", () => {
  const hint = (value: Parameters<typeof neededStorage>[0]) => {
    try {
      neededStorage(value);
    } catch (error) {
      return error as { code: string; hint: string };
    }
    throw new Error("not refused");
  };
  expect(hint(plan(150, 50))).toMatchObject({ code: "SYNC_TOO_LARGE" });
  expect(hint(plan(150, 50)).hint).toContain("--no-target-backup");
  expect(hint(plan(250, 0, null)).hint).not.toContain("--no-target-backup");
  expect(hint(plan(250, 0, null)).hint).toContain("DMS");
});
