import { expect, test } from "vitest";
import { isScriptFaster, usefulJobs } from "./restore-jobs.ts";

const megabyte = 1024 * 1024;
const facts = (megabytes: number, roundTripMs: number, jobs = 4) => ({
  sourceBytes: new Map([["public.items", megabytes * megabyte]]),
  line: { roundTripMs },
  options: { jobs },
});

test("many bytes or many entries get several jobs", () => {
  expect(usefulJobs(facts(1, 0.1), 20)).toBe(1);
  expect(usefulJobs(facts(100, 0.1), 20)).toBe(4);
  expect(usefulJobs(facts(100, 0.1, 1), 20)).toBe(1);
  expect(usefulJobs(facts(1, 0.1), 1000)).toBe(4);
});

test("on a slow line, fewer entries get another job", () => {
  expect(usefulJobs(facts(1, 30), 40)).toBeGreaterThan(usefulJobs(facts(1, 0.1), 40));
});

test("one script is faster unless the indexes take longer than the waits for answers", () => {
  expect(isScriptFaster(facts(1, 0.1), 20)).toBe(true);
  expect(isScriptFaster(facts(1000, 0.1), 20)).toBe(false);
  expect(isScriptFaster(facts(1000, 60), 300)).toBe(true);
});

test("indexes that take long are not built in one transaction, which an error would undo", () => {
  expect(isScriptFaster(facts(10_000, 60), 5000)).toBe(false);
  expect(isScriptFaster(facts(10_000, 0.1, 1), 20)).toBe(false);
});
