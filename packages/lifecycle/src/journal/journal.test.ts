import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resourceNames } from "@pilot-light/core/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { findDone, isRunning, Journal } from "./journal.ts";

const names = resourceNames("shop");
const facts = {
  command: "deactivate" as const,
  syncData: true,
  createsDatabase: false,
  images: {},
  variables: [{ name: "single_nat_gateway", value: "true" }],
  secretVariables: [],
  deactivateAt: null,
};

let directory = "";
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), "journal-"))));
afterEach(() => rm(directory, { recursive: true, force: true }));

const signal = new AbortController().signal;
const open = () => Journal.open({ environment: {}, names, directory, signal, cleaningSignal: signal });
const file = () => join(directory, "lifecycle.shop-dev.json");

test("before the first mode change nothing is unfinished, and nothing is written", async () => {
  const journal = await open();
  expect(journal.unfinished).toBeUndefined();
  await journal.change(() => ({ finishedAt: "now" }));
  expect(await readdir(directory)).toEqual([]);
});

test("the next run knows what a run has begun", async () => {
  const journal = await open();
  await journal.begin(facts);
  await journal.change(({ done }, at) => ({ done: [...done, { step: "sync", at }] }));
  const { unfinished } = await open();
  expect(unfinished).toMatchObject(facts);
  expect(findDone(unfinished, "sync")).toBeDefined();
  expect(findDone(unfinished, "deploy")).toBeUndefined();
});

test("a finished mode change is not unfinished", async () => {
  const journal = await open();
  await journal.begin(facts);
  await journal.change((_, finishedAt) => ({ finishedAt }));
  expect((await open()).unfinished).toBeUndefined();
});

test("a new run replaces the journal as a whole, and leaves no other file", async () => {
  const journal = await open();
  await journal.begin(facts);
  await journal.begin({ ...facts, command: "activate" });
  expect(await readdir(directory)).toEqual(["lifecycle.shop-dev.json"]);
  expect(JSON.parse(await readFile(file(), "utf8"))).toMatchObject({ command: "activate", done: [] });
});

test("the next run knows how many tasks an interrupted run has stopped", async () => {
  const journal = await open();
  await journal.begin(facts);
  await journal.change(() => ({ pausedTasks: 2 }));
  const next = await open();
  await next.begin(facts);
  expect((await open()).unfinished).toMatchObject({ pausedTasks: 2, done: [] });
});

test("a write of another run since the plan is reported, a write of this run is not", async () => {
  const mine = await open();
  await mine.assertUnchanged();
  await mine.begin(facts);
  await mine.assertUnchanged();
  const other = await open();
  await other.begin({ ...facts, command: "activate" });
  await expect(mine.assertUnchanged()).rejects.toMatchObject({
    code: "MODE_CHANGE_RUNNING",
    exit: 4,
    message: expect.stringContaining("A run of `activate`") as string,
  });
});

test("a step that a resumed run repeats is no longer done", async () => {
  const journal = await open();
  await journal.begin(facts);
  await journal.change((_, at) => ({
    done: [
      { step: "sync", at },
      { step: "deploy", at },
    ],
  }));
  await journal.resume(["deploy"], null);
  expect(journal.unfinished?.done.map(({ step }) => step)).toEqual(["sync"]);
});

test("a run of another live process is running; a run of this process, or of an ended one, is not", async () => {
  const journal = await open();
  await journal.begin(facts);
  const runner = journal.unfinished?.runner ?? { host: "", pid: 0 };
  expect(isRunning({ runner })).toBe(false);
  expect(isRunning({ runner: { ...runner, pid: process.ppid } })).toBe(true);
  expect(isRunning({ runner: { ...runner, host: "elsewhere", pid: process.ppid } })).toBe(false);
  expect(isRunning({ runner: null })).toBe(false);
});

test("a journal that cannot be written is an error that names it", async () => {
  const journal = await open();
  await rm(directory, { recursive: true });
  await expect(journal.begin(facts)).rejects.toMatchObject({
    code: "JOURNAL_UNWRITABLE",
    message: expect.stringContaining(file()) as string,
  });
});

test.each(["", "{", '{"version":2}'])(
  "a journal with the text %j is refused, with its place",
  async (text) => {
    await writeFile(file(), text);
    await expect(open()).rejects.toMatchObject({
      code: "JOURNAL_UNREADABLE",
      exit: 3,
      message: expect.stringContaining(file()) as string,
    });
  },
);

test("a journal of an earlier version, with variables as arguments of terraform, is read", async () => {
  await (await open()).begin(facts);
  const text = await readFile(file(), "utf8");
  const stored = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  const variables = ["-var-file=/x.tfvars", "-var=single_nat_gateway=true"];
  await writeFile(file(), JSON.stringify({ ...stored, variables }));
  expect((await open()).unfinished?.variables).toEqual([
    { file: "/x.tfvars" },
    { name: "single_nat_gateway", value: "true" },
  ]);
});

test("the time of the deactivation is recorded, with a run and without one", async () => {
  const at = "2026-11-28T04:00:00.000Z";
  const journal = await open();
  await journal.schedule(null);
  expect(await readdir(directory)).toEqual([]);
  await journal.schedule(at);
  expect((await open()).last).toMatchObject({ deactivateAt: at, command: "activate" });
  expect((await open()).unfinished).toBeUndefined();
  await journal.begin({ ...facts, deactivateAt: at });
  await journal.schedule(null);
  expect((await open()).unfinished).toMatchObject({ ...facts, deactivateAt: null });
});

test.each([
  "tomorrow",
  "",
  "2026-11-28",
  "2026-11-28T04:00:00",
  "2026-02-30T04:00:00.000Z",
  "2026-11-28T25:00:00.000Z",
  1764302400000,
  true,
  {},
])(
  "a journal with the time %j is not usable: the error names the field, and keeps the schedule",
  async (time) => {
    const journal = await open();
    await journal.schedule("2026-11-28T04:00:00.000Z");
    const stored = z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(file(), "utf8")));
    await writeFile(file(), JSON.stringify({ ...stored, deactivateAt: time }));
    await expect(open()).rejects.toMatchObject({
      code: "JOURNAL_UNREADABLE",
      details: [expect.stringMatching(/^deactivateAt: /) as string],
      hint: expect.stringMatching(/pnpm activate --for 8h$/) as string,
    });
  },
);
