import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { expect, test } from "vitest";
import { sequencesOf } from "./compare-with-dump.ts";

const set = (schema: string, tag: string, sql: string): ArchiveEntry => ({
  id: 1,
  type: "SEQUENCE SET",
  schema,
  tag,
  section: "data",
  sql,
  drop: "",
  copy: "",
  accessMethod: "",
  oid: 0,
  dependencies: [],
});
const found = (identity: string) => ({
  identity,
  lastValue: "9",
  isCalled: true,
  increment: "2",
  cycle: true,
});

test("an archive states the positions of its sequences, and their names become those that the server prints", () => {
  const entries = [
    set("public", "s", "SELECT pg_catalog.setval('public.s', 5, true);\n\n"),
    set("My App", `odd"s`, `SELECT pg_catalog.setval('"My App"."odd""s"', -3, false);\n\n`),
    set("public", "gone", "SELECT pg_catalog.setval('public.gone', 1, true);\n"),
  ];
  expect(sequencesOf(entries, [found("public.s"), found(`"My App"."odd""s"`)])).toEqual([
    { identity: "public.s", lastValue: "5", isCalled: true, increment: "2", cycle: true },
    { identity: `"My App"."odd""s"`, lastValue: "-3", isCalled: false, increment: "2", cycle: true },
    { identity: "public.gone", lastValue: "1", isCalled: true, increment: "1", cycle: false },
  ]);
});
