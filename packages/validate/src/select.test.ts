import { expect, test } from "vitest";
import { selectChecks, type Selection } from "./select.ts";
import { sampleCheck } from "./testing/sample-check.ts";

const registry = [
  sampleCheck("base", { essential: true }),
  sampleCheck("a", { needs: ["base"] }),
  sampleCheck("b", { needs: ["base", "a"] }),
  sampleCheck("c"),
  sampleCheck("data", { optional: true, needs: ["c"] }),
];

function select(parts: Partial<Selection>): string[] {
  return selectChecks(registry, { only: [], skip: [], optional: [], ...parts }).map(({ id }) => id);
}

test("all checks run except the optional ones", () => {
  expect(select({})).toEqual(["base", "a", "b", "c"]);
});

test("an optional check runs with its option and with --only", () => {
  expect(select({ optional: ["data"] })).toEqual(["base", "a", "b", "c", "data"]);
  expect(select({ only: ["data"] })).toEqual(["base", "c", "data"]);
});

test("--only includes the checks that its checks need", () => {
  expect(select({ only: ["b"] })).toEqual(["base", "a", "b"]);
});

test("--skip removes only that check, even if another check needs it", () => {
  expect(select({ skip: ["a"] })).toEqual(["base", "b", "c"]);
  expect(select({ only: ["b"], skip: ["a"] })).toEqual(["base", "b"]);
});

test.each([[{ only: ["nope"] }], [{ skip: ["nope"] }]])("%j is a usage error", (parts) => {
  expect(() => select(parts)).toThrow(expect.objectContaining({ code: "UNKNOWN_CHECK", exit: 2 }));
});

test("an essential check cannot be skipped", () => {
  expect(() => select({ skip: ["base"] })).toThrow(expect.objectContaining({ code: "CHECK_ESSENTIAL" }));
});
