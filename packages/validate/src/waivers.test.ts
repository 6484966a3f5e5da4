import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sampleCheck, sampleResult } from "./testing/sample-check.ts";
import { applyWaivers, readWaivers, waiverNotes } from "./waivers.ts";

const registry = [sampleCheck("base", { essential: true }), sampleCheck("a")];
const waiver = { check: "a", until: "2026-11-22", reason: "known" };
const lastMinute = new Date("2026-11-22T23:59:00Z");
const tooLate = new Date("2026-11-23T00:00:00Z");

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "waivers-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function read(text: string) {
  const file = join(directory, "waivers.json");
  await writeFile(file, text);
  return await readWaivers(file, registry);
}

test("a failure and a warning are waived until the end of the day, with the reason shown", () => {
  for (const status of ["failed", "warning"] as const) {
    const result = sampleResult("a", { status });
    expect(applyWaivers(result, [waiver], lastMinute)).toMatchObject({
      status: "waived",
      summary: "a is healthy (waived until 2026-11-22: known)",
    });
    expect(applyWaivers(result, [waiver], tooLate)).toBe(result);
  }
});

test("an expired waiver is reported", () => {
  expect(waiverNotes([waiver], lastMinute)).toEqual([]);
  expect(waiverNotes([waiver], tooLate)).toEqual([
    "the waiver for a expired on 2026-11-22 and has no effect",
  ]);
});

test("no other result changes", () => {
  const passed = sampleResult("a");
  const other = sampleResult("b", { status: "failed" });
  expect(applyWaivers(passed, [waiver], lastMinute)).toBe(passed);
  expect(applyWaivers(other, [waiver], lastMinute)).toBe(other);
});

test("a file is read", async () => {
  expect(await read(JSON.stringify({ waivers: [waiver] }))).toEqual([waiver]);
});

test.each([
  ["{", "WAIVERS_UNREADABLE"],
  ["{}", "WAIVERS_INVALID"],
  [JSON.stringify({ waivers: [{ ...waiver, until: "soon" }] }), "WAIVERS_INVALID"],
  [JSON.stringify({ waivers: [{ ...waiver, reason: "" }] }), "WAIVERS_INVALID"],
  [JSON.stringify({ waivers: [{ check: "a", reason: "for ever" }] }), "WAIVERS_INVALID"],
  [JSON.stringify({ waivers: [{ ...waiver, check: "nope" }] }), "WAIVERS_INVALID"],
  [JSON.stringify({ waivers: [{ ...waiver, check: "base" }] }), "WAIVERS_INVALID"],
])("%s is refused", async (text, code) => {
  await expect(read(text)).rejects.toMatchObject({ code, exit: 3 });
});

test("a missing file is refused", async () => {
  await expect(readWaivers(join(directory, "none.json"), registry)).rejects.toMatchObject({
    code: "WAIVERS_UNREADABLE",
  });
});
