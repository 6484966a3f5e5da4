import { describe, expect, test } from "vitest";
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { nameOfRelation } from "../read/inventory.ts";
import { distribute, isLeftOut, listOf, type RestoreListOptions } from "./restore-list.ts";

const entry = (type: string, schema: string | null, tag: string): ArchiveEntry => ({
  id: 7,
  type,
  schema,
  tag,
  sql: "",
  section: "pre-data",
  drop: "",
  copy: "",
  accessMethod: "",
  oid: 0,
  dependencies: [],
});
const nothing: RestoreListOptions = {
  skippedExtensions: [],
  skippedRelations: new Set(),
  mayCommentPublic: false,
};

test.each([
  entry("SCHEMA", null, "public"),
  entry("COMMENT", null, "SCHEMA public"),
  entry("COMMENT", null, "EXTENSION citext"),
  entry("EVENT TRIGGER", null, "on_ddl"),
  entry("COMMENT", null, "EVENT TRIGGER on_ddl"),
  entry("DATABASE PROPERTIES", null, "app"),
])("$type $tag is left out", (each) => {
  expect(isLeftOut(each, nothing)).toBe(true);
});

test.each([
  entry("SCHEMA", null, "public-api"),
  entry("SCHEMA", null, "public stuff"),
  entry("COMMENT", null, "SCHEMA public-api"),
  entry("EXTENSION", null, "citext"),
  entry("TABLE", "public", "EVENT TRIGGER"),
  entry("COMMENT", "public", "TABLE EXTENSION citext"),
  entry("TABLE DATA", "public", "items"),
])("$type $tag is restored", (each) => {
  expect(isLeftOut(each, nothing)).toBe(false);
});

test("the comment of the schema public is restored if the role may set it", () => {
  expect(isLeftOut(entry("COMMENT", null, "SCHEMA public"), { ...nothing, mayCommentPublic: true })).toBe(
    false,
  );
});

test("if an extension is left out, its rows and sequences are left out, and no others", () => {
  const options = {
    ...nothing,
    skippedExtensions: ["cron"],
    skippedRelations: new Set([nameOfRelation("cron", "job"), nameOfRelation("cron", "jobid_seq")]),
  };
  expect(isLeftOut(entry("EXTENSION", null, "cron"), options)).toBe(true);
  expect(isLeftOut(entry("EXTENSION", null, "cron_more"), options)).toBe(false);
  expect(isLeftOut(entry("TABLE DATA", "cron", "job"), options)).toBe(true);
  expect(isLeftOut(entry("SEQUENCE SET", "cron", "jobid_seq"), options)).toBe(true);
  expect(isLeftOut(entry("TABLE DATA", "public", "job"), options)).toBe(false);
});

test("a line of the list begins with the entry's number, even if the name contains a line break", () => {
  expect(listOf([entry("TABLE", "public", "a\n9; b")])).toBe("7; TABLE public a 9; b");
});

describe("several runs that load rows", () => {
  const entries = [
    entry("TABLE", "public", "a"),
    ...["a", "b", "c", "d"].map((tag) => entry("TABLE DATA", "public", tag)),
    entry("SEQUENCE SET", "public", "a_id_seq"),
    entry("BLOBS", null, "BLOBS"),
  ].map((each, id) => ({ ...each, id }));
  const bytes = new Map(
    Object.entries({ a: 10_000, b: 4_000_000, c: 1_000_000, d: 2_000_000 }).map(([name, size]) => [
      nameOfRelation("public", name),
      size,
    ]),
  );
  const idsOf = (lists: readonly ArchiveEntry[][]) => lists.map((list) => list.map(({ id }) => id));

  test("get about the same number of bytes each, in the order of the archive", () => {
    // The first run gets b and everything that is not a table, the second a, c and d.
    expect(idsOf(distribute(entries, bytes, 2))).toEqual([
      [0, 2, 5, 6],
      [1, 3, 4],
    ]);
  });

  test("get every entry once, and no empty list but the first", () => {
    for (const loaders of [1, 2, 3, 4, 5, 9]) {
      const lists = idsOf(distribute(entries, bytes, loaders));
      expect(lists.flat().sort()).toEqual(entries.map(({ id }) => id));
      expect(lists.length).toBe(Math.min(loaders, 4));
    }
    expect(idsOf(distribute([entry("TABLE", "public", "a")], bytes, 3))).toEqual([[7]]);
  });

  test("count tables of unknown size, so that one run does not get all of them", () => {
    expect(idsOf(distribute(entries, new Map(), 2)).map((list) => list.length)).toEqual([5, 2]);
  });
});
