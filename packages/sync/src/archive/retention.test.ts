import { expect, test } from "vitest";
import { describeDeletion, expiryOf } from "./retention.ts";

test.each([
  [{ isVersioned: true, keptDays: 7 }, "for 7 days. Until then it can be restored"],
  [{ isVersioned: true, keptDays: null }, "no rule of the bucket deletes it"],
  [{ isVersioned: true, keptDays: undefined }, "may not read for how long"],
  [{ isVersioned: false, keptDays: 7 }, "a deleted dump cannot be restored"],
  [{ isVersioned: undefined, keptDays: 7 }, "may not read the versioning"],
])("a plan states what a deletion means in a bucket with %j", (retention, sentence) => {
  expect(describeDeletion({ ...retention, expiresAfterDays: 30 })).toContain(sentence);
});

test("the expiry of a dump counts from the time at which S3 received it; without a known rule there is none", () => {
  const stored = new Date("2026-11-22T09:30:00Z");
  const expiry = (expiresAfterDays: number | null | undefined) =>
    expiryOf(stored, { isVersioned: true, keptDays: 7, expiresAfterDays });
  expect([expiry(30), expiry(null), expiry(undefined)]).toEqual(["2026-12-22T09:30:00.000Z", null, null]);
});
