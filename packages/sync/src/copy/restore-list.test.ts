import { expect, test } from "vitest";
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { isLeftOut, nameOfRelation, restoreList, type RestoreListOptions } from "./restore-list.ts";

const entry = (type: string, schema: string | null, tag: string): ArchiveEntry => ({
  id: 7,
  type,
  schema,
  tag,
  sql: "",
  accessMethod: "",
  oid: 0,
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

test("the comment of the schema public is restored where the role may set it", () => {
  expect(isLeftOut(entry("COMMENT", null, "SCHEMA public"), { ...nothing, mayCommentPublic: true })).toBe(
    false,
  );
});

test("an extension that is left out takes its rows and sequences with it, and no other", () => {
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

test("a line of the list begins with the entry's number, whatever is in the name", () => {
  expect(restoreList([entry("TABLE", "public", "a\n9; b")], nothing)).toBe("7; TABLE public a 9; b");
});
