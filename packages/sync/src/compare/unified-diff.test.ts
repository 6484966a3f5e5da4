import { expect, test } from "vitest";
import { unifiedDiff } from "./unified-diff.ts";

test("only the lines that differ are marked, with three lines around them", () => {
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  const other = lines.with(10, "changed");
  expect(unifiedDiff(lines.join("\n"), `${other.join("\n")}\n\n`)).toEqual([
    " line 7",
    " line 8",
    " line 9",
    "-line 10",
    "+changed",
    " line 11",
    " line 12",
    " line 13",
  ]);
});

test("a line of dots separates changes that are far from each other", () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const diff = unifiedDiff(lines.join("\n"), lines.with(5, "a").with(30, "b").join("\n"));
  expect(diff.filter((line) => line === " ...")).toHaveLength(1);
});

test("a very long diff is cut", () => {
  const text = (word: string) => Array.from({ length: 300 }, (_, index) => `${word} ${index}`).join("\n");
  const diff = unifiedDiff(text("a"), text("b"));
  expect(diff).toHaveLength(201);
  expect(diff.at(-1)).toBe(" ... and 400 more lines");
});
