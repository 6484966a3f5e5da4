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

test("all run but the optional ones", () => {
  expect(select({})).toEqual(["base", "a", "b", "c"]);
});

test("an optional one runs when it was asked for, either way", () => {
  expect(select({ optional: ["data"] })).toEqual(["base", "a", "b", "c", "data"]);
  expect(select({ only: ["data"] })).toEqual(["base", "c", "data"]);
});

test("--only takes along what it needs", () => {
  expect(select({ only: ["b"] })).toEqual(["base", "a", "b"]);
});

test("--skip leaves out just that, even where another needs it", () => {
  expect(select({ skip: ["a"] })).toEqual(["base", "b", "c"]);
  expect(select({ only: ["b"], skip: ["a"] })).toEqual(["base", "b"]);
});

test.each([[{ only: ["nope"] }], [{ skip: ["nope"] }]])("%j is a usage error", (parts) => {
  expect(() => select(parts)).toThrow(expect.objectContaining({ code: "UNKNOWN_CHECK", exit: 2 }));
});

test("an essential check cannot be skipped", () => {
  expect(() => select({ skip: ["base"] })).toThrow(expect.objectContaining({ code: "CHECK_ESSENTIAL" }));
});
