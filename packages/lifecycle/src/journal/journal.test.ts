import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resourceNames } from "@pilot-light/core/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findDone, isRunning, Journal } from "./journal.ts";

const names = resourceNames("shop");
const facts = {
  command: "deactivate" as const,
  syncData: true,
  createsDatabase: false,
  images: {},
  variables: ["-var=single_nat_gateway=true"],
  secretVariables: [],
};

let directory = "";
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), "journal-"))));
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = () => Journal.open({ environment: {}, names, directory });
const file = () => join(directory, "lifecycle.shop-dev.json");

test("before the first switch nothing is unfinished, and nothing is written", async () => {
  const journal = await open();
  expect(journal.unfinished).toBeUndefined();
  await journal.change(() => ({ finishedAt: "now" }));
  expect(await readdir(directory)).toEqual([]);
});

test("what one run has begun, the next one knows", async () => {
  const journal = await open();
  await journal.begin(facts);
  await journal.change(({ done }, at) => ({ done: [...done, { step: "sync", at }] }));
  const { unfinished } = await open();
  expect(unfinished).toMatchObject(facts);
  expect(findDone(unfinished, "sync")).toBeDefined();
  expect(findDone(unfinished, "deploy")).toBeUndefined();
});

test("a switch that came to its end is not unfinished", async () => {
  const journal = await open();
  await journal.begin(facts);
  await journal.change((_, finishedAt) => ({ finishedAt }));
  expect((await open()).unfinished).toBeUndefined();
});

test("it is replaced as a whole, and leaves no other file", async () => {
  const journal = await open();
  await journal.begin(facts);
  await journal.begin({ ...facts, command: "activate" });
  expect(await readdir(directory)).toEqual(["lifecycle.shop-dev.json"]);
  expect(JSON.parse(await readFile(file(), "utf8"))).toMatchObject({ command: "activate", done: [] });
});

test("what an interrupted switch has stopped stays known to the next one", async () => {
  const journal = await open();
  await journal.begin(facts);
  await journal.change(() => ({ pausedTasks: 2 }));
  const next = await open();
  await next.begin(facts);
  expect((await open()).unfinished).toMatchObject({ pausedTasks: 2, done: [] });
});

test("what another switch has written meanwhile is found out, its own writing is not", async () => {
  const mine = await open();
  await mine.assertUnchanged();
  await mine.begin(facts);
  await mine.assertUnchanged();
  const other = await open();
  await other.begin({ ...facts, command: "activate" });
  await expect(mine.assertUnchanged()).rejects.toMatchObject({
    code: "SWITCH_RUNNING",
    exit: 4,
    message: expect.stringContaining("A run of `activate`") as string,
  });
});

test("what a run that goes on does again is no longer done", async () => {
  const journal = await open();
  await journal.begin(facts);
  await journal.change((_, at) => ({
    done: [
      { step: "sync", at },
      { step: "deploy", at },
    ],
  }));
  await journal.goOn(["deploy"]);
  expect(journal.unfinished?.done.map(({ step }) => step)).toEqual(["sync"]);
});

test("a run of another living process is running, one's own or a dead one's is not", async () => {
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
  "a journal of %j is refused, by the place where it is",
  async (text) => {
    await writeFile(file(), text);
    await expect(open()).rejects.toMatchObject({
      code: "JOURNAL_UNREADABLE",
      exit: 3,
      message: expect.stringContaining(file()) as string,
    });
  },
);
