import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Printer } from "../output/printer.ts";
import { grace } from "./grace.ts";
import { CleanUp } from "./clean-up.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const printer = () => new Printer({ environment: {}, verbose: false, json: false, color: false });

test("after an interruption, a slow removal does not delay the others and is reported", async () => {
  const removed: string[] = [];
  const list = new CleanUp();
  list.add("the database", "The next sync drops it.", () => new Promise(() => undefined));
  list.add("the dump", "S3 keeps it.", () => Promise.resolve(void removed.push("dump")));
  const running = list.run(printer(), AbortSignal.abort(new Error("interrupted")));
  await vi.advanceTimersByTimeAsync(grace.removal - 1);
  expect(removed).toEqual(["dump"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await running).toEqual(["not removed: the database. The next sync drops it."]);
});

test("without an interruption, a slow removal may finish", async () => {
  const list = new CleanUp();
  list.add("the database", "The next sync drops it.", async () => {
    await new Promise((resolve) => setTimeout(resolve, 4 * grace.removal));
  });
  const running = list.run(printer(), new AbortController().signal);
  await vi.advanceTimersByTimeAsync(4 * grace.removal);
  expect(await running).toEqual([]);
});
