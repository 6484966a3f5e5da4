import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { expect, test } from "vitest";
import { splitIdentity } from "../archive/identity.ts";
import { tableProblems } from "./contents.ts";

const entry = (type: string, schema: string, tag: string): ArchiveEntry => ({
  id: 1,
  type,
  schema,
  tag,
  sql: "",
  section: "pre-data",
  drop: "",
  copy: "",
  accessMethod: "",
  oid: 1,
  dependencies: [],
});
const table = (schema: string, tag: string) => [
  entry("TABLE", schema, tag),
  entry("TABLE DATA", schema, tag),
];

test.each([
  ["public.projects", "public", "projects"],
  ['"My schema"."a.b"', "My schema", "a.b"],
  ['public."say ""hi"""', "public", 'say "hi"'],
  ["café.naïve", "café", "naïve"],
])("the names of %s are %s and %s", (identity, schema, name) => {
  expect(splitIdentity(identity)).toEqual({ schema, name });
});

test("a dump with the tables of its manifest has no problem", () => {
  const entries = [
    ...table("public", "a.b"),
    // A table of an extension: the dump contains its rows, and CREATE EXTENSION creates it.
    entry("TABLE DATA", "public", "spatial_ref_sys"),
    // Hash partitions: the manifest counts their rows with those of the parent.
    entry("TABLE", "public", "parent"),
    ...table("public", "part"),
    entry("TABLE ATTACH", "public", "part"),
  ];
  expect(tableProblems(entries, ['public."a.b"', "public.parent"])).toEqual([]);
});

test("a table that only the manifest or only the dump names is a problem", () => {
  expect(tableProblems(table("public", "found"), ["public.missing"])).toEqual([
    "the manifest names the table public.missing, which the dump does not contain",
    "the dump contains the table public.found, which the manifest does not name",
  ]);
});
