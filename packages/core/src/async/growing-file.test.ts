import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GrowingFile } from "./growing-file.ts";

let directory: string;
let file: GrowingFile;
const never = new AbortController().signal;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pilot-light-growing-"));
  file = new GrowingFile(join(directory, "file"));
});
afterEach(() => rm(directory, { recursive: true }));

test("two readers get everything that is written before and after they begin", async () => {
  const early = text(file.follow(never).stream);
  await sleep(30);
  await writeFile(file.path, "one ");
  await sleep(30);
  const late = text(file.follow(never).stream);
  await appendFile(file.path, "two ");
  await sleep(30);
  await appendFile(file.path, "three");
  file.complete();
  expect(await Promise.all([early, late])).toEqual(["one two three", "one two three"]);
});

test("a file larger than a chunk arrives unchanged", async () => {
  const content = Array.from({ length: 200_000 }, (_, i) => String(i)).join(" ");
  await writeFile(file.path, content);
  file.complete();
  const following = file.follow(never);
  expect(await text(following.stream)).toBe(content);
  expect(following.bytes).toBe(content.length);
});

test("a stream waits only after it has read everything that is written", async () => {
  await writeFile(file.path, "x");
  const following = file.follow(never);
  const iterator = following.stream[Symbol.asyncIterator]();
  await iterator.next();
  await sleep(50);
  expect(following.waits).toBe(true);
  await appendFile(file.path, Buffer.alloc(2_000_000));
  await iterator.next();
  expect(following.waits).toBe(false);
  file.complete();
  for await (const chunk of following.stream) expect(chunk).toBeInstanceOf(Buffer);
  // The program that reads the file still works, and must be watched.
  expect(following.waits).toBe(false);
});

test("an interruption ends a stream with its reason, also before the file exists", async () => {
  const stop = new AbortController();
  const reading = text(file.follow(stop.signal).stream);
  stop.abort(new Error("stopped"));
  await expect(reading).rejects.toThrow("stopped");
});
