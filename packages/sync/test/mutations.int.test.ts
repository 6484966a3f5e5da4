/** The comparison finds and names every single alteration of a restored database. */
import { createPair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { beforeAll, expect, test } from "vitest";
import { differencesOf, Workbench } from "./databases.ts";
import { mutations } from "./mutations.ts";

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
