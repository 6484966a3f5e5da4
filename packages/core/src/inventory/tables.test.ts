import { expect, test } from "vitest";
import { inBatches } from "./tables.ts";

const megabyte = 1024 * 1024;
const sizes = (tables: readonly { bytes: number }[][]) =>
  tables.map((batch) => batch.map(({ bytes }) => bytes / megabyte));

test("small tables are read together, and a large one alone", () => {
  const tables = [900, 9, 6, 1, 1, 1, 0].map((size) => ({ bytes: size * megabyte }));
  expect(sizes(inBatches(tables))).toEqual([[900], [9], [6, 1, 1], [1, 0]]);
  expect(inBatches([])).toEqual([]);
});

test("a batch has at most 50 tables", () => {
  const tables = Array.from({ length: 120 }, () => ({ bytes: 8192 }));
  expect(inBatches(tables).map((batch) => batch.length)).toEqual([50, 50, 20]);
});
