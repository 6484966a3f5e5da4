import { expect, test } from "vitest";
import { directions } from "../../direction.ts";
import { checkRows, type Allowed } from "./index.ts";

type Counts = Record<string, number | null>;

const direction = directions["neon-to-rds"];

function check(source: Counts, target: Counts, allowed: Allowed = {}) {
  const rows = (counts: Counts) => new Map(Object.entries(counts));
  return checkRows({ direction, sourceRows: rows(source), targetRows: rows(target) }, allowed);
}

test.each([
  { what: "an equal source", source: { a: 100 }, target: { a: 100 }, code: undefined },
  { what: "a source without a row", source: { a: 0 }, target: { a: 0 }, code: "SOURCE_EMPTY" },
  { what: "a source with a little more than half", source: { a: 51 }, target: { a: 100 }, code: undefined },
  { what: "a source with half", source: { a: 50 }, target: { a: 100 }, code: "SHRINK_REFUSED" },
  { what: "a target of a handful of rows", source: { a: 1 }, target: { a: 9 }, code: undefined },
  {
    what: "one table that would be emptied",
    source: { a: 0, b: 900 },
    target: { a: 10, b: 10 },
    code: "SHRINK_REFUSED",
  },
  {
    what: "a table that the source does not have",
    source: { b: 900 },
    target: { a: 10, b: 900 },
    code: undefined,
  },
])("$what: $code", ({ source, target, code }) => {
  const found = check(source, target);
  expect(found.refusals.map((refusal) => refusal.code)).toEqual(code === undefined ? [] : [code]);
  expect(found.notes).toEqual([]);
  const allowed = check(source, target, { allowShrink: true });
  expect(allowed.refusals).toEqual([]);
  expect(allowed.notes).toHaveLength(code === undefined ? 0 : 1);
});

test("the message names the worst loss, and the hint ends in the command that allows it", () => {
  const [refusal] = check({ a: 1, b: 10 }, { a: 2, b: 52_100 }).refusals;
  expect(refusal?.message).toBe("The target has 52,102 rows, but the source has only 11 (b: 52,100 -> 10).");
  expect(refusal?.hint).toMatch(/ {2}pnpm sync neon-to-rds --allow-shrink$/);
});

test("the hint ends in the command that the caller names: a mode change runs the sync as well", () => {
  const commandAllowing = (option: string) => `pnpm activate --sync-data --${option}`;
  const [refusal] = check({}, { a: 100 }, { commandAllowing }).refusals;
  expect(refusal?.hint).toMatch(/ {2}pnpm activate --sync-data --allow-shrink$/);
});

test("the message names three of the tables that would be emptied, the details the others", () => {
  const names = ["a", "b", "c", "d", "e"];
  const source = { ...Object.fromEntries(names.map((name) => [name, 0])), f: 9000 };
  const target = Object.fromEntries(names.map((name) => [name, 10]));
  expect(check(source, target).refusals).toMatchObject([
    {
      message: "5 tables would lose all rows (a: 10 -> 0, b: 10 -> 0, c: 10 -> 0).",
      details: ["d: 10 -> 0", "e: 10 -> 0"],
    },
  ]);
});

test("a table with a hidden number of rows counts as empty", () => {
  expect(check({ a: null, b: 0 }, { a: 5, b: 5 }).refusals).toMatchObject([{ code: "SOURCE_EMPTY" }]);
  expect(check({ a: 20 }, { a: 20, b: null }).refusals).toEqual([]);
});

test("the flag turns the refusal into a line of the plan", () => {
  expect(check({}, { a: 100 }, { allowShrink: true }).notes).toEqual([
    "allowed by --allow-shrink: the source (neon) has no rows and no tables",
  ]);
});
