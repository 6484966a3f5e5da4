import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Meter } from "./meter.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Reports of each second. */
function meterAfter(counts: readonly number[], all: number): Meter {
  const meter = new Meter();
  for (const [index, done] of counts.entries()) {
    if (index > 0) vi.advanceTimersByTime(1000);
    meter.add({ done, all, noun: "rows" });
  }
  return meter;
}

test("the rate and the time left have separators and whole seconds", () => {
  expect(meterAfter([0, 310_000, 620_000], 5_000_000).describe()).toBe("14 s left, 310,000/s");
  expect(meterAfter([0, 1000], 400_000).describe()).toBe("6 min 39 s left, 1,000/s");
  expect(meterAfter([0, 1, 2], 12).describe()).toBe("10 s left, 1.0/s");
});

test("a single report, a standstill and the end have no time left", () => {
  expect(meterAfter([5], 10).describe()).toBe("");
  expect(meterAfter([5, 5, 5], 10).describe()).toBe("");
  expect(meterAfter([5, 8, 10], 10).describe()).toBe("");
});

test("the time left counts down between two reports, and never below a second", () => {
  const meter = meterAfter([0, 10], 100);
  vi.advanceTimersByTime(4000);
  expect(meter.describe()).toBe("5 s left, 10/s");
  vi.advanceTimersByTime(60_000);
  expect(meter.describe()).toBe("1 s left, 10/s");
});

test("the rate is the one of the last ten seconds", () => {
  const slow = Array.from({ length: 30 }, (_, index) => index);
  const quick = Array.from({ length: 12 }, (_, index) => 29 + (index + 1) * 100);
  expect(meterAfter([...slow, ...quick], 10_000).describe()).toMatch(/, 100\/s$/);
});

test("another kind of work starts from zero", () => {
  const meter = meterAfter([0, 10], 100);
  meter.add({ done: 3, all: 41, noun: "tables" });
  expect(meter.describe()).toBe("");
});
