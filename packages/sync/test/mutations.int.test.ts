/** The comparison finds and names every single alteration of a restored database. */
import { createPair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import { differencesOf, Workbench } from "./databases.ts";
import { mutations, rows, type Mutation } from "./mutations.ts";

const made = (list: readonly Mutation[]) => list.map((mutation) => mutation.made);
const altered = (list: readonly Mutation[]) => list.map((mutation) => mutation.altered);

/** The lines that no alteration of the list explains, and the alterations that no line names. */
function explain(found: readonly string[], list: readonly Mutation[]) {
  const fits = (beginning: string) => (line: string) => line.startsWith(beginning);
  return {
    unexplained: found.filter(
      (line) => !list.some(({ on }) => on.some((beginning) => fits(beginning)(line))),
    ),
    unnoticed: list
      .filter(({ on }) => !on.every((beginning) => found.some(fits(beginning))))
      .map(({ of }) => of),
  };
}

/** The lines of the comparison with the altered copy: once for two servers of the same major, once for two majors. */
let lines: string[] = [];
let acrossMajors: string[] = [];

beforeAll(async () => {
  await using pair = await createPair(testSandbox(), { neon: "empty", rds: "empty" });
  await using bench = await Workbench.open(pair, "neon");
  await bench.execute(
    bench.original,
    mutations.map(({ made }) => made),
  );
  const { name, archive } = await bench.copy(bench.original);
  const expected = await bench.read(bench.original, archive);
  expect(differencesOf(expected, await bench.read(name))).toEqual([]);
  await bench.execute(
    name,
    mutations.map(({ altered }) => altered),
  );
  const altered = await bench.read(name);
  lines = differencesOf(expected, altered);
  acrossMajors = differencesOf(expected, altered, { sameMajor: false });
});

test.each(mutations)("$of", ({ on }) => {
  for (const beginning of on) expect(lines.filter((line) => line.startsWith(beginning))).not.toEqual([]);
});

test("between two majors, the same alterations are found", () => {
  expect(acrossMajors).toEqual(lines);
});

test("nothing else is reported", () => {
  const beginnings = mutations.flatMap(({ on }) => on);
  expect(lines.filter((line) => !beginnings.some((beginning) => line.startsWith(beginning)))).toEqual([]);
});

test("passwords in options are not shown", () => {
  expect(lines.join("\n")).not.toMatch(/secret/);
});

describe("under a filter", () => {
  test("of schemas, alterations of what it chooses are found, and of what it leaves out none", async () => {
    const inside = mutations.filter(({ filtered }) => filtered === undefined);
    const outside = mutations.filter(({ filtered }) => filtered === "left out");
    expect(outside.length).toBeGreaterThan(5);
    await using pair = await createPair(testSandbox(), { neon: "empty", rds: "empty" });
    await using bench = await Workbench.open(pair, "neon");
    await bench.execute(bench.original, [...made(inside), ...made(outside)]);
    const filter = await bench.filter(bench.original, { schemas: ["public"], excludeTableData: [] });
    expect(filter.scope?.broken).toEqual([]);
    const { name } = await bench.copy(bench.original, filter);
    const untouched = await bench.read(name);
    await bench.execute(bench.original, altered(outside));
    const { archive } = await bench.dump(bench.original, filter);
    const expected = await bench.read(bench.original, archive, filter);
    expect(differencesOf(expected, untouched)).toEqual([]);
    await bench.execute(name, altered(inside));
    const found = differencesOf(expected, await bench.read(name));
    expect(explain(found, inside)).toEqual({ unexplained: [], unnoticed: [] });
  });

  test("of rows, changes of rows that it leaves out are no differences, and rows in the copy are", async () => {
    await using pair = await createPair(testSandbox(), { neon: "empty", rds: "empty" });
    await using bench = await Workbench.open(pair, "neon");
    await bench.execute(bench.original, [
      ...made(rows),
      "create table kept (v int); insert into kept values (1)",
    ]);
    const filter = await bench.filter(bench.original, { schemas: [], excludeTableData: ["r*"] });
    const { name } = await bench.copy(bench.original, filter);
    const untouched = await bench.read(name);
    await bench.execute(bench.original, altered(rows));
    const { archive } = await bench.dump(bench.original, filter);
    const expected = await bench.read(bench.original, archive, filter);
    expect(differencesOf(expected, untouched)).toEqual([]);
    const inserts = rows.map((mutation) => mutation.made.slice(mutation.made.indexOf("insert into")));
    await bench.execute(name, [...inserts, "update kept set v = 2"]);
    const found = differencesOf(expected, await bench.read(name));
    const kept = { of: "a row that is copied", made: "", altered: "", on: ["table public.kept differs"] };
    expect(explain(found, [...rows, kept])).toEqual({ unexplained: [], unnoticed: [] });
  });
});
