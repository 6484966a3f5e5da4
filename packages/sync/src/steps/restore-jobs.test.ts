import { expect, test } from "vitest";
import { isScriptFaster, largeTables, usefulJobs } from "./restore-jobs.ts";

const megabyte = 1024 * 1024;
const facts = (megabytes: number, roundTripMs: number, jobs = 4) => ({
  sourceBytes: new Map([["public.items", megabytes * megabyte]]),
  line: { roundTripMs, bytesPerMs: 20_000 },
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

test("on a slow line, tables that are larger than the share of a job are loaded with several COPY statements", () => {
  const copies = (jobs: number, megabytes: Record<string, number>, bytesPerMs = 20_000) => {
    const sourceBytes = new Map(Object.entries(megabytes).map(([name, size]) => [name, size * megabyte]));
    const line = { roundTripMs: 30, bytesPerMs };
    return Object.fromEntries(largeTables({ sourceBytes, line, options: { jobs } }, jobs));
  };
  expect(copies(2, { large: 900, small: 100 })).toEqual({ large: 2 });
  expect(copies(4, { large: 900, small: 100 })).toEqual({ large: 4 });
  expect(copies(4, { one: 450, two: 450, small: 100 })).toEqual({ one: 2, two: 2 });
  expect(copies(2, { one: 450, two: 450, small: 100 })).toEqual({});
  expect(copies(1, { large: 900, small: 100 })).toEqual({});
  // Less than two jobs have to do.
  expect(copies(4, { large: 60, small: 1 })).toEqual({});
  expect(copies(4, { empty: 0 })).toEqual({});
  expect(copies(2, { large: 900, small: 100 }, 1_000_000)).toEqual({});
  expect(copies(2, { large: 900, small: 100 }, Infinity)).toEqual({});
});
