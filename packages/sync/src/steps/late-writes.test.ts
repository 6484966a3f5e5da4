import { expect, test } from "vitest";
import { warnOfWrites, writtenBetween } from "./late-writes.ts";

test("the tables that were written to are named, the one with most rows first", () => {
  const before = new Map([
    ["public.a", 5],
    ["public.b", 7],
    ["public.dropped", 1],
  ]);
  const after = new Map([
    ["public.a", 5],
    ["public.b", 8],
    ["public.new", 1200],
  ]);
  expect(writtenBetween(before, after)).toEqual(["public.new (1,200 rows)", "public.b (1 row)"]);
  expect(writtenBetween(after, after)).toEqual([]);
});

test("after a reset of the counters, no table counts as written to", () => {
  expect(writtenBetween(new Map([["public.a", 5]]), new Map([["public.a", 2]]))).toEqual([]);
});

test("the warning names the database that holds the rows, and the command that returns to it", () => {
  expect(warnOfWrites([], "app__pl_old", "neon")).toEqual([]);
  expect(warnOfWrites(["public.a (1 row)"], "app__pl_old", "neon")).toEqual([
    "applications wrote to the target after its backup had begun: public.a (1 row). Only app__pl_old holds these rows, and the next sync drops it. To return to it:  pnpm sync undo neon",
  ]);
});
