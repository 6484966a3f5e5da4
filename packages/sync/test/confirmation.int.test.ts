/** The prompt before a sync, in a terminal: the sync starts only after a person has typed the name of the target. */
import { fileURLToPath } from "node:url";
import { processEnvironment } from "@pilot-light/core/config/env";
import { runInTerminal } from "@pilot-light/sandbox/terminal";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, expect, it } from "vitest";
import { contentOf } from "./support.ts";
import { footprint } from "./untouched.ts";

const bin = fileURLToPath(new URL("../dist/bin.js", import.meta.url));

let pair: Pair;
let before: unknown;
beforeAll(async () => {
  pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  before = await footprint(pair);
});
afterAll(() => pair[Symbol.asyncDispose]());

async function answer(typed: string) {
  const environment = { ...processEnvironment(), ...pair.env };
  return await runInTerminal(
    [process.execPath, bin, "neon-to-rds"],
    { environment },
    { question: "to continue:", answer: () => typed },
  );
}

it.each([
  ["another name", "neondb\r", 4, /NOT_CONFIRMED/],
  ["nothing", "\r", 4, /NOT_CONFIRMED/],
  ["yes", "yes\r", 4, /NOT_CONFIRMED/],
  ["Ctrl-C", "\u0003", 130, /Interrupted by SIGINT\.\s+Nothing was written\./],
])("%s changes nothing", async (_what, typed, exit, says) => {
  const { exitCode, output } = await answer(typed);
  expect(exitCode, output).toBe(exit);
  expect(output).toMatch(says);
  expect(await footprint(pair)).toEqual(before);
});

it("the name of the database starts the sync, also after a typing error", async () => {
  const { database } = pair.rds;
  const { exitCode, output } = await runInTerminal(
    [process.execPath, bin, "neon-to-rds"],
    { environment: { ...processEnvironment(), ...pair.env } },
    { question: "to continue:", answer: () => `${database}x\r` },
    { question: `${database}x is not ${database}.`, answer: () => `${database}\r` },
  );
  expect(exitCode, output).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
});
