import { expect, test } from "vitest";
import { hintFor } from "./equality.ts";

const rows = {
  kind: "table",
  identity: "t",
  problem: "different",
  expected: "hash 1",
  actual: "hash 2",
} as const;
const view = { kind: "view", identity: "v", problem: "different", expected: "a", actual: "b" } as const;

test("the hint depends on what differs", () => {
  expect(hintFor([rows])).toMatch(/generated column/);
  expect(hintFor([view])).toMatch(/Compare the definitions/);
  expect(hintFor([rows, view])).toMatch(/Compare the definitions/);
  expect(hintFor([{ ...view, kind: "table", expected: "a integer" }])).toMatch(/Compare the definitions/);
  expect(hintFor([{ kind: "sequence position", identity: "s", problem: "different" }])).toMatch(/sequences/);
  expect(hintFor([{ kind: "extension", identity: "x", problem: "different" }])).toMatch(/same version/);
  expect(hintFor([{ kind: "index", identity: "i", problem: "missing" }])).toMatch(/not validated/);
  expect(hintFor([{ kind: "table", identity: "t", problem: "unexpected" }])).toMatch(/template0/);
});
