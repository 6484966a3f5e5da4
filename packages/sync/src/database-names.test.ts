import fc from "fast-check";
import { expect, test } from "vitest";
import { formerName, isStaging, stagingName, successorIn } from "./database-names.ts";

const stamp = "2026-11-22T09-30-00";

test("names tell the database, what they are and when", () => {
  expect(stagingName("neondb", stamp)).toBe("neondb__pl_staging_20261122093000");
  expect(formerName("neondb", stamp, 16777)).toBe("neondb__pl_old_20261122093000_16777");
});

test("whatever a database is called, its companions are found again and fit into 63 bytes", () => {
  const database = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(database, database, fc.nat(4_294_967_295), (name, other, oid) => {
      const [staging, former] = [stagingName(name, stamp), formerName(name, stamp, oid)];
      for (const companion of [staging, former]) expect(Buffer.byteLength(companion)).toBeLessThanOrEqual(63);
      expect([isStaging(staging, name), successorIn(former, name)]).toEqual([true, oid]);
      expect([isStaging(former, name), successorIn(staging, name)]).toEqual([false, undefined]);
      if (name !== other)
        expect([isStaging(staging, other), successorIn(former, other)]).toEqual([false, undefined]);
    }),
  );
});

test("two long names that begin alike do not share their companions", () => {
  const [first, second] = ["a", "b"].map((end) => `${"customer_portal_".repeat(4)}${end}`);
  expect(first && second && isStaging(stagingName(first, stamp), second)).toBe(false);
});

test("a name is not cut in the middle of a character", () => {
  expect(stagingName("é".repeat(60), stamp)).toMatch(/^é+~[0-9a-f]{8}__pl_staging_20261122093000$/);
});
