import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runTerraform } from "./process.ts";

let directory = "";
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), "terraform-process-"))));
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Runs a small program in terraform's place. */
async function follow(
  script: string,
  { program = process.execPath, signal = new AbortController().signal } = {},
) {
  const lines: string[] = [];
  const options = { program, directory, environment: {}, outputFile: join(directory, "log"), signal };
  const { exitCode, killedBy } = await runTerraform(["-e", script], options, (line) => lines.push(line));
  return { exitCode, lines, ...(killedBy === undefined ? {} : { killedBy }) };
}

test("complete lines of both streams are passed on, also a last line without a line break", async () => {
  const script = `process.stdout.write("one\\ntw"); setTimeout(() => { process.stdout.write("o\\n"); console.error("three"); process.stdout.write("four"); process.exitCode = 3; }, 300)`;
  expect(await follow(script)).toEqual({ exitCode: 3, lines: ["one", "two", "three", "four"] });
  expect(await readFile(join(directory, "log"), "utf8")).toContain("three");
});

test("a program that must stop gets one SIGINT, and the time that it needs", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("enough")), 500);
  const script = `let count = 0; process.on("SIGINT", () => { count += 1; setTimeout(() => { console.log("signals " + count); process.exit(1); }, 700); }); setInterval(() => {}, 1000)`;
  expect(await follow(script, controller)).toEqual({ exitCode: 1, lines: ["signals 1"] });
});

test("a program that was killed names the signal", async () => {
  const script = `process.stdout.write("one\\n", () => process.kill(process.pid, "SIGKILL"))`;
  expect(await follow(script)).toEqual({ exitCode: 128, lines: ["one"], killedBy: "SIGKILL" });
});

test("a program that does not exist is a missing program", async () => {
  const program = join(directory, "terraform");
  await expect(follow("", { program })).rejects.toMatchObject({ code: "PROGRAM_MISSING", exit: 3 });
});
