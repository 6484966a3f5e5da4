import { expect, test } from "vitest";
import { objectsWithin, schemaIn, stateWithin, type Scope } from "./scope.ts";

const scope: Scope = {
  patterns: [{ pattern: "a*", schemas: ["app", "A b"] }],
  schemas: new Set(["app", "A b"]),
  leftOut: ["public"],
  extensions: new Set(["citext"]),
  broken: [],
  policyRoles: [],
  collations: [],
};

test.each([
  ["table public.t", "public"],
  ["app.f(integer) (leakproof)", "app"],
  ["operator class app.c USING btree", "app"],
  ['sequence "A b"."s.t"', "A b"],
  ['"a.b""c".t', 'a.b"c'],
  ['trigger "x y.z" on app.t', "app"],
  ["large object 16999", undefined],
  ["cast (integer AS app.t)", "app"],
  [".", undefined],
  ["", undefined],
])("the schema in %s is %s", (text, schema) => {
  expect(schemaIn(text)).toBe(schema);
});

test("objects of other schemas, and objects in no schema, are left out", () => {
  const object = (kind: string, identity: string) => ({ kind, identity, definition: "" });
  const kept = [
    object("schema", "app"),
    object("schema", '"A b"'),
    object("table", '"A b".t'),
    object("operator", "app.+(integer,public.t)"),
    object("extension", "citext"),
    object("comment", "schema app"),
    object("comment", "table column app.t.c"),
  ];
  const left = [
    object("schema", "public"),
    object("table", "public.t"),
    object("function", "public.app(app.t)"),
    object("cast", "(integer AS app.t)"),
    object("foreign server", "app"),
    object("extension", "hstore"),
    object("comment", "schema public"),
    object("comment", "foreign server app"),
    object("comment", "cast (app.t AS pg_catalog.text)"),
  ];
  expect(objectsWithin([...left, ...kept], scope)).toEqual(kept);
  expect(objectsWithin(left, undefined)).toBe(left);
});

test("a copy has the schema public, the chosen extensions, and no large objects", () => {
  const extension = { version: "1", schema: "app", members: [] };
  const state = {
    hasPublic: false,
    extensions: { citext: extension, hstore: extension },
    brokenIndexes: {},
    unenforced: [],
    populated: [],
    largeObjectComments: { "1": "text" },
  };
  expect(stateWithin(state, scope)).toEqual({
    ...state,
    hasPublic: true,
    extensions: { citext: extension },
    largeObjectComments: {},
  });
});
