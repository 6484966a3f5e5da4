/** Correct databases that are awkward to compare: the comparison finds no difference in a copy by plain pg_dump and pg_restore. */
import { createPair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { awkwardSchemas } from "./awkward-schemas.ts";
import { differencesOf, Workbench } from "./databases.ts";

test.concurrent("a copy of the seed with awkward objects is equal", async () => {
  await using pair = await createPair(testSandbox(), { neon: "awkward", rds: "empty" });
  await using bench = await Workbench.open(pair, "neon");
  const { name, archive } = await bench.copy(bench.original);
  expect(archive.entries.length).toBeGreaterThan(200);
  const expected = await bench.read(bench.original, archive);
  expect(differencesOf(expected, await bench.read(name))).toEqual([]);
});

test.concurrent.each(awkwardSchemas)("$of", async ({ made }) => {
  await using pair = await createPair(testSandbox(), { neon: "empty", rds: "empty" });
  await using bench = await Workbench.open(pair, "neon");
  await bench.execute(
    bench.original,
    made.map((statement) => statement.replaceAll("DATABASE", bench.original)),
  );
  const { name, archive } = await bench.copy(bench.original);
  const expected = await bench.read(bench.original, archive);
  expect(differencesOf(expected, await bench.read(name))).toEqual([]);
});
