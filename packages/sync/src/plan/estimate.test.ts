import { expect, test } from "vitest";
import { estimateDurationMs, type EstimateFacts } from "./estimate.ts";

const near = { roundTripMs: 0.2, bytesPerMs: 500_000 };
const small: EstimateFacts = {
  sourceBytes: 157_000_000,
  backupBytes: 0,
  objects: 20,
  verify: "checksums",
  source: near,
  target: near,
};

test("the estimate grows with both databases and with the depth of the verification", () => {
  const base = estimateDurationMs(small);
  expect(estimateDurationMs({ ...small, sourceBytes: 852_000_000 })).toBeGreaterThan(3 * base);
  expect(estimateDurationMs({ ...small, backupBytes: 157_000_000 })).toBeGreaterThan(base);
  expect(estimateDurationMs({ ...small, verify: "counts" })).toBeLessThan(base);
});

test("a slow line to one side delays the step that uses it, and each object costs round trips", () => {
  const slow = { roundTripMs: 0.2, bytesPerMs: 20_000 };
  const base = estimateDurationMs(small);
  expect(estimateDurationMs({ ...small, source: slow }) - base).toBeGreaterThan(3000);
  // Both lines are used at the same time.
  expect(estimateDurationMs({ ...small, source: slow, target: slow })).toBe(
    estimateDurationMs({ ...small, source: slow }),
  );
  const far = { ...near, roundTripMs: 30 };
  const many = estimateDurationMs({ ...small, target: far, objects: 1000 });
  expect(many - estimateDurationMs({ ...small, target: far })).toBeGreaterThan(10_000);
});

test("a database of a few megabytes is estimated without its throughput", () => {
  const unmeasured = { roundTripMs: 0.2, bytesPerMs: Infinity };
  expect(
    estimateDurationMs({ ...small, sourceBytes: 9_000_000, source: unmeasured, target: unmeasured }),
  ).toBeLessThan(2500);
});
