import { expect, test } from "vitest";
import {
  digits,
  isStaging,
  keptName,
  previousName,
  readPreviousName,
  replacedAt,
  stagingName,
} from "./database-names.ts";

const stamp = "2026-11-22T09-30-00";

test("a name contains the database, the kind and the time", () => {
  expect(stagingName("neondb", stamp)).toBe("neondb__pl_staging_20261122093000");
  expect(previousName("neondb", "replaced", stamp, 16777)).toBe("neondb__pl_old_20261122093000_16777");
  expect(previousName("neondb", "undone", stamp, 16777)).toBe("neondb__pl_undone_20261122093000_16777");
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

test.each(names)("names for %j fit into 63 bytes, and only this database recognizes them", (name) => {
  const staging = stagingName(name, stamp);
  expect(Buffer.byteLength(staging)).toBeLessThanOrEqual(63);
  expect(Buffer.byteLength(keptName(name))).toBeLessThanOrEqual(63);
  expect([isStaging(staging, name), readPreviousName(staging, name)]).toEqual([true, undefined]);
  for (const kind of ["replaced", "undone"] as const) {
    const previous = previousName(name, kind, stamp, 4_294_967_295);
    expect(Buffer.byteLength(previous)).toBeLessThanOrEqual(63);
    expect(readPreviousName(previous, name)).toEqual({ kind, successor: 4_294_967_295 });
    expect(isStaging(previous, name)).toBe(false);
    for (const other of names.filter((each) => each !== name)) {
      expect([isStaging(staging, other), readPreviousName(previous, other)]).toEqual([false, undefined]);
    }
  }
});

test("two long names with the same beginning do not recognize each other's databases", () => {
  const [first, second] = ["a", "b"].map((end) => `${"customer_portal_".repeat(4)}${end}`);
  expect(first && second && isStaging(stagingName(first, stamp), second)).toBe(false);
});

test("a name is not shortened in the middle of a character", () => {
  expect(stagingName("é".repeat(60), stamp)).toMatch(/^é+~[0-9a-f]{8}__pl_staging_20261122093000$/);
});

test("the name of a previous target contains the time of its replacement, which can be compared with a stamp", () => {
  for (const name of names) {
    expect(replacedAt(previousName(name, "undone", stamp, 16777))).toBe(digits(stamp));
  }
  expect(replacedAt("neondb")).toBe("");
  expect(digits("2026-11-22T09-30-01") > digits(stamp)).toBe(true);
});
