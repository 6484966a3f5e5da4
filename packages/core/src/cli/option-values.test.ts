import { expect, test } from "vitest";
import { parseDuration, parseJobs } from "./option-values.ts";

test.each([
  ["500s", 500_000],
  ["15m", 900_000],
  ["1h", 3_600_000],
  ["0.5s", 500],
])("%s is %i ms", (text, milliseconds) => {
  expect(parseDuration(text, "--wait")).toBe(milliseconds);
});

test.each(["", "15", "m", "-1m", "0s", "1d", "1 m"])("%j is no duration", (text) => {
  expect(() => parseDuration(text, "--wait")).toThrow(expect.objectContaining({ exit: 2 }));
});

test.each([0, 65, 1.5, Number.NaN])("%d jobs are refused", (jobs) => {
  expect(() => parseJobs(jobs, 64)).toThrow(expect.objectContaining({ exit: 2 }));
});
