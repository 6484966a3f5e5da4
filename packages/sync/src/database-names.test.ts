import { expect, test } from "vitest";
import { formerName, isStaging, stagingName, successorIn } from "./database-names.ts";

const stamp = "2026-11-22T09-30-00";

test("names tell the database, what they are and when", () => {
  expect(stagingName("neondb", stamp)).toBe("neondb__pl_staging_20261122093000");
  expect(formerName("neondb", stamp, 16777)).toBe("neondb__pl_old_20261122093000_16777");
});

const names = [
  "neondb",
  "a",
  "Über db",
  'with "quotes" 100%',
  "neondb__pl_staging_20260101000000",
  "x".repeat(63),
  "é".repeat(31),
];

test.each(names)("companions of %j fit into 63 bytes and are found again, by it alone", (name) => {
  const [staging, former] = [stagingName(name, stamp), formerName(name, stamp, 4_294_967_295)];
  for (const companion of [staging, former]) expect(Buffer.byteLength(companion)).toBeLessThanOrEqual(63);
  expect([isStaging(staging, name), successorIn(former, name)]).toEqual([true, 4_294_967_295]);
  expect([isStaging(former, name), successorIn(staging, name)]).toEqual([false, undefined]);
  for (const other of names.filter((each) => each !== name)) {
    expect([isStaging(staging, other), successorIn(former, other)]).toEqual([false, undefined]);
  }
});

test("two long names that begin alike do not share their companions", () => {
  const [first, second] = ["a", "b"].map((end) => `${"customer_portal_".repeat(4)}${end}`);
  expect(first && second && isStaging(stagingName(first, stamp), second)).toBe(false);
});

test("a name is not cut in the middle of a character", () => {
  expect(stagingName("é".repeat(60), stamp)).toMatch(/^é+~[0-9a-f]{8}__pl_staging_20261122093000$/);
});
