/** Correct databases that are awkward to compare: a restored copy is equal, though the server prints parts of it differently. */
import { createPair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { differencesOf, Workbench } from "./databases.ts";

test("the seed of awkward objects", async () => {
  await using pair = await createPair(testSandbox(), { neon: "awkward", rds: "empty" });
  await using bench = await Workbench.open(pair, "neon");
  const { name, archive } = await bench.copy(bench.original);
  expect(archive.entries.length).toBeGreaterThan(200);
  const expected = await bench.read(bench.original, archive);
  expect(differencesOf(expected, await bench.read(name))).toEqual([]);
});
