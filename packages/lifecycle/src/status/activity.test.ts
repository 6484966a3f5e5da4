import { expect, test } from "vitest";
import { costSince } from "./activity.ts";

test("the cost so far is the cost of an hour, for every hour since then", () => {
  const now = new Date("2026-11-27T20:00:00Z");
  expect(costSince("2026-11-27T10:00:00Z", { totalUsd: 73 }, now)).toBe(1);
  // The clock of this machine may be behind.
  expect(costSince("2026-11-27T20:01:00Z", { totalUsd: 73 }, now)).toBe(0);
});
