import { expect, test } from "vitest";
import { planTables, removedObjects, slowRoute } from "./plan.ts";

test("the plan lists the tables of both sides, the removed tables first", () => {
  const source = new Map([
    ["public.b", 12],
    ["public.a", 0],
    ["public.hidden", null],
  ]);
  const target = new Map([
    ["public.b", 9],
    ["public.z", 57],
    ["public.hidden", 3],
  ]);
  expect(planTables(source, target)).toEqual([
    { table: "public.z", sourceRows: null, targetRows: 57, change: "removed" },
    { table: "public.a", sourceRows: 0, targetRows: null, change: "new" },
    { table: "public.b", sourceRows: 12, targetRows: 9, change: "replaced" },
    { table: "public.hidden", sourceRows: null, targetRows: 3, change: "replaced" },
  ]);
});

test("the plan lists removed objects other than tables, without their parts", () => {
  const object = (kind: string, identity: string) => ({ kind, identity, definition: "" });
  const target = ["view", "function", "index", "column", "comment", "policy"].map((kind) =>
    object(kind, `public.${kind}`),
  );
  expect(removedObjects([object("function", "public.function")], target)).toEqual(["view public.view"]);
});

test("the plan of a large sync through Systems Manager names a sync inside AWS", () => {
  const side = (via: "ssm" | "direct" | undefined, bytes: number) =>
    ({
      endpoint: via === undefined ? {} : { route: { via, reason: "" } },
      facts: { bytes },
    }) as Parameters<typeof slowRoute>[0];
  const megabytes = (count: number) => count * 1_000_000;
  expect(slowRoute(side(undefined, megabytes(150)), side("ssm", 0))).toEqual([
    expect.stringContaining("--on-fargate"),
  ]);
  expect(slowRoute(side("ssm", megabytes(150)), side(undefined, 0))).toHaveLength(1);
  expect(slowRoute(side("ssm", megabytes(50)), side(undefined, 0))).toEqual([]);
  expect(slowRoute(side("direct", megabytes(150)), side(undefined, 0))).toEqual([]);
});
