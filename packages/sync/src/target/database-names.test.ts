import { expect, test } from "vitest";
import { formerName, isStaging, readFormerName, stagingName } from "./database-names.ts";

const stamp = "2026-11-22T09-30-00";

test("names tell the database, what they are and when", () => {
  expect(stagingName("neondb", stamp)).toBe("neondb__pl_staging_20261122093000");
  expect(formerName("neondb", "replaced", stamp, 16777)).toBe("neondb__pl_old_20261122093000_16777");
  expect(formerName("neondb", "undone", stamp, 16777)).toBe("neondb__pl_undone_20261122093000_16777");
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
  const staging = stagingName(name, stamp);
  expect(Buffer.byteLength(staging)).toBeLessThanOrEqual(63);
  expect([isStaging(staging, name), readFormerName(staging, name)]).toEqual([true, undefined]);
  for (const kind of ["replaced", "undone"] as const) {
    const former = formerName(name, kind, stamp, 4_294_967_295);
    expect(Buffer.byteLength(former)).toBeLessThanOrEqual(63);
    expect(readFormerName(former, name)).toEqual({ kind, successor: 4_294_967_295 });
    expect(isStaging(former, name)).toBe(false);
    for (const other of names.filter((each) => each !== name)) {
      expect([isStaging(staging, other), readFormerName(former, other)]).toEqual([false, undefined]);
    }
  }
});

test("two long names that begin alike do not share their companions", () => {
  const [first, second] = ["a", "b"].map((end) => `${"customer_portal_".repeat(4)}${end}`);
  expect(first && second && isStaging(stagingName(first, stamp), second)).toBe(false);
});

test("a name is not cut in the middle of a character", () => {
  expect(stagingName("é".repeat(60), stamp)).toMatch(/^é+~[0-9a-f]{8}__pl_staging_20261122093000$/);
});
