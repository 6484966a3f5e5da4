import { expect, test } from "vitest";
import { formatBytes, formatCount, formatDuration, plural, shortList } from "./format.ts";

test("counts have separators", () => {
  expect([0, 999, 1000, 52_340, 1_234_567].map(formatCount)).toEqual([
    "0",
    "999",
    "1,000",
    "52,340",
    "1,234,567",
  ]);
});

test("sizes have the unit that keeps them short", () => {
  expect([0, 999, 1000, 18_400_000, 2_345_000_000].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "18.4 MB",
    "2.35 GB",
  ]);
});

test("no duration reads 60.0 s, or has 60 seconds after its minutes", () => {
  expect([0, 80, 940, 59_949, 59_950, 119_600, 125_000].map(formatDuration)).toEqual([
    "0 ms",
    "80 ms",
    "0.9 s",
    "59.9 s",
    "1 min 0 s",
    "2 min 0 s",
    "2 min 5 s",
  ]);
});

test("the plural is used for every count but one", () => {
  expect([0, 1, 2000].map((count) => plural(count, "table"))).toEqual([
    "0 tables",
    "1 table",
    "2,000 tables",
  ]);
  expect(plural(2, "session is", "sessions are")).toBe("2 sessions are");
});

test("a long list ends in the number of what it leaves out", () => {
  const lines = Array.from({ length: 23 }, (_, index) => `line ${index}`);
  expect(shortList(lines.slice(0, 20))).toEqual(lines.slice(0, 20));
  expect(shortList(lines)).toEqual([...lines.slice(0, 20), "and 3 more"]);
});
