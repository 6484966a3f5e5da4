import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { expect, test } from "vitest";
import { makeSchemaScript, renderSchemaScript } from "./schema-script.ts";

type Given = Pick<ArchiveEntry, "type" | "tag" | "sql"> & { dependencies?: number[]; drop?: string };

const archive = (...entries: Given[]) => ({
  standardStrings: true,
  entries: entries.map((entry, index): ArchiveEntry => ({
    ...{ id: index + 1, schema: "s", section: "pre-data", accessMethod: "", oid: 0, dependencies: [] },
    drop: `DROP ${entry.type} s.${entry.tag};\n`,
    copy: "",
    ...entry,
  })),
});

const table = (tag: string, columns = "a int") => ({
  type: "TABLE",
  tag,
  sql: `CREATE TABLE s.${tag} (${columns});\n`,
});
const f = (body: string) => ({
  type: "FUNCTION",
  tag: "f()",
  sql: `CREATE FUNCTION s.f() RETURNS int AS '${body}';\n`,
});
const view = (tag: string, dependencies: number[]) => ({
  type: "VIEW",
  tag,
  sql: `CREATE VIEW s.${tag} AS SELECT s.f();\n`,
  dependencies,
});

const make = (source: Given[], target: Given[]) =>
  makeSchemaScript(archive(...source), archive(...target), { sameMajor: true, skippedExtensions: [] });

const sqlOf = ({ statements }: ReturnType<typeof make>) => statements.map(({ sql }) => sql);

test("objects are dropped before those that they need, and created after them", () => {
  const source = [table("t"), f("1"), view("v", [2])];
  const target = [table("old"), view("x", [1])];
  expect(sqlOf(make(source, target))).toEqual([
    "DROP VIEW s.x;",
    "DROP TABLE s.old;",
    ...source.map(({ sql }) => sql.trim()),
  ]);
  expect(make(source, target).statements.map(({ warning }) => warning)).toContain("its rows are deleted");
});

test("an object is created again together with its dependents, unless one of them holds rows", () => {
  const made = make([f("1"), view("v", [1])], [f("2"), view("v", [1])]);
  expect(sqlOf(made)).toEqual([
    "DROP VIEW s.v;",
    "DROP FUNCTION s.f();",
    f("1").sql.trim(),
    view("v", []).sql.trim(),
  ]);
  const needed = { ...table("t", "a int default s.f()"), dependencies: [1] };
  const refused = make([f("1"), needed], [f("2"), needed]);
  expect(refused).toMatchObject({ statements: [], byHand: ["function s.f(): table s.t depends on it"] });
});

test("a table whose definition differs is listed for a person, without a statement", () => {
  const made = make([table("t", "a int, b int")], [table("t")]);
  expect(made.statements).toEqual([]);
  expect(made.byHand.join()).toContain("table s.t: ");
});

test("the script ends with ROLLBACK, and a name with a line break stays in its comment", () => {
  const facts = { source: "neon (a @ b)", target: "rds (c @ d)", madeAt: "2026-11-22T09:30:00.000Z" };
  const text = renderSchemaScript({ statements: [], byHand: ["table s.a\ndrop table b;: no"] }, facts);
  expect(text).toContain("-- * table s.a drop table b;: no\n");
  expect(text).toMatch(/ROLLBACK;\n$/);
  expect(text).toContain("It was never run.");
});
