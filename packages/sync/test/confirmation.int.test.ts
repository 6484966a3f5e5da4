/** The question before a sync, in a terminal: only the name of what will be replaced lets it go on. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { processEnvironment } from "@pilot-light/core/env";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, expect, it } from "vitest";
import { contentOf } from "./support.ts";
import { footprint } from "./untouched.ts";

const bin = fileURLToPath(new URL("../dist/bin.js", import.meta.url));

/** Node has no pseudo-terminals; Python has, and the emulator needs it anyway. */
const terminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
const sized = 'stty columns 160 rows 50 && exec "$@"';

/** Runs `pnpm sync neon-to-rds` in a terminal and types an answer to its question. */
async function answer(pair: Pair, typed: string): Promise<{ exitCode: number | null; output: string }> {
  const command = [process.execPath, bin, "neon-to-rds"];
  const child = spawn("python3", ["-c", terminal, "sh", "-c", sized, "sh", ...command], {
    env: { ...processEnvironment(), ...pair.env, TERM: "xterm" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  let isAsked = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (isAsked || !output.includes("to go on:")) return;
    isAsked = true;
    child.stdin.write(typed);
  });
  const exitCode = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { exitCode, output };
}

let pair: Pair;
let before: unknown;
beforeAll(async () => {
  pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  before = await footprint(pair);
});
afterAll(() => pair[Symbol.asyncDispose]());

it.each([
  ["another name", "neondb\r", 4, /NOT_CONFIRMED/],
  ["nothing", "\r", 4, /NOT_CONFIRMED/],
  ["yes", "yes\r", 4, /NOT_CONFIRMED/],
  ["Ctrl-C", "\u0003", 130, /INTERRUPTED/],
])("%s leaves everything as it was", async (_what, typed, exit, says) => {
  const { exitCode, output } = await answer(pair, typed);
  expect(exitCode, output).toBe(exit);
  expect(output).toMatch(says);
  expect(await footprint(pair)).toEqual(before);
});

it("the name of the database lets it go on", async () => {
  const { exitCode, output } = await answer(pair, `${pair.rds.database}\r`);
  expect(exitCode, output).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
});
