import { expect, test } from "vitest";
import { compareArchives, entriesLacking } from "./archive-compare.ts";
import type { ArchiveEntry } from "./archive.ts";
import { describeDifference } from "./compare.ts";

const entry = (
  type: string,
  schema: string | null,
  tag: string,
  sql: string,
  rest: Partial<ArchiveEntry> = {},
): ArchiveEntry => ({
  ...{
    id: 1,
    type,
    schema,
    tag,
    section: "pre-data",
    sql,
    drop: "",
    copy: "",
    accessMethod: "",
    oid: 0,
    dependencies: [],
  },
  ...rest,
});
const archive = (...entries: ArchiveEntry[]) => ({ standardStrings: true, entries });
const lines = (expected: ArchiveEntry[], actual: ArchiveEntry[], sameMajor = true) =>
  compareArchives(archive(...expected), archive(...actual), { sameMajor }).map(describeDifference);

test("missing, unexpected and different entries are reported", () => {
  const view = (sql: string) => entry("VIEW", "public", "v", sql);
  expect(
    lines(
      [view("SELECT 1"), entry("FK CONSTRAINT", "public", "a b", "")],
      [view("SELECT 2"), entry("TABLE", "s", "t", "")],
    ),
  ).toEqual([
    "view public.v differs: expected SELECT 1, found SELECT 2",
    "foreign key constraint public.a b is missing",
    "table s.t is unexpected",
  ]);
});

test("entries of the same name are distinguished by their SQL", () => {
  const operator = (sql: string) => entry("OPERATOR", "public", "<", sql);
  expect(lines([operator("a"), operator("b")], [operator("b"), operator("a")])).toEqual([]);
  expect(lines([operator("a"), operator("b")], [operator("b")])).toEqual(["operator public.< is missing"]);
  expect(lines([operator("a"), operator("b")], [operator("b"), operator("c")])).toEqual([
    "operator public.< differs: expected a, found c",
  ]);
});

test("the access method of a table counts", () => {
  const table = (accessMethod: string) => entry("TABLE", "public", "t", "", { accessMethod });
  expect(lines([table("heap")], [table("other")])).toEqual([
    "table public.t differs: expected access method heap, found access method other",
  ]);
});

test("data, extensions and objects that act beyond the database are not compared", () => {
  const others = [
    entry("TABLE DATA", "public", "t", ""),
    entry("SEQUENCE SET", "public", "s", "select 1"),
    entry("EXTENSION", null, "hstore", "create"),
    entry("COMMENT", null, "EXTENSION hstore", "comment"),
    entry("SCHEMA", null, "public", "create"),
    entry("EVENT TRIGGER", null, "e", "create"),
  ];
  expect(lines(others, [])).toEqual([]);
  expect(lines([entry("COMMENT", null, "SCHEMA public", "")], [])).toEqual([
    "comment SCHEMA public is missing",
  ]);
});

test("options that may be passwords are not shown", () => {
  const mapping = (password: string) =>
    entry("USER MAPPING", null, "USER MAPPING public SERVER b", `password '${password}'`);
  expect(lines([mapping("one")], [mapping("two")])).toEqual([
    "user mapping USER MAPPING public SERVER b differs",
  ]);
});

test("between two majors, only what the majors print differently is ignored", () => {
  const view = (sql: string) => entry("VIEW", "public", "v", sql);
  expect(lines([view("SELECT t.a FROM t")], [view("SELECT a FROM t")], false)).toEqual([]);
  expect(lines([view("SELECT t.a FROM t")], [view("SELECT a FROM t")])).toHaveLength(1);
  expect(lines([view("SELECT 1")], [view("SELECT 2")], false)).toHaveLength(1);
  expect(lines([view("SELECT 1")], [], false)).toEqual(["view public.v is missing"]);
});

test("options of another role's user mapping are not compared, because only a superuser sees them", () => {
  const mapping = (role: string, options: string) =>
    entry(
      "USER MAPPING",
      null,
      `USER MAPPING ${role} SERVER b`,
      `CREATE USER MAPPING FOR ${role} SERVER b${options};`,
    );
  expect(lines([mapping("a", " OPTIONS (x 'y')")], [mapping("a", "")])).toEqual([]);
  expect(lines([mapping("public", " OPTIONS (x 'y')")], [mapping("public", "")])).toHaveLength(1);
});

test("a dump lacks what the comparison skips and the dump does not contain in the same words", () => {
  const comment = (of: string, text: string) => entry("COMMENT", null, of, `COMMENT ON ${of} IS '${text}';`);
  const mapping = (options: string) =>
    entry("USER MAPPING", null, "USER MAPPING a SERVER b", `CREATE USER MAPPING FOR a SERVER b${options};`);
  const isLeftOut = ({ tag }: ArchiveEntry) => tag === "SCHEMA public";
  const lacking = (expected: ArchiveEntry[], actual: ArchiveEntry[]) =>
    entriesLacking(archive(...expected), archive(...actual), { isLeftOut }).map(({ tag }) => tag);
  const trigger = entry("EVENT TRIGGER", null, "e", "create");
  const [ours, theirs] = ["ours", "theirs"].map((text) => comment("EXTENSION hstore", text));
  const [here, there] = ["here", "there"].map((text) => comment("SCHEMA public", text));
  const all = [trigger, ours, here, mapping("")].filter((each) => each !== undefined);
  expect(lacking(all, all)).toEqual([]);
  expect(lacking(all, [])).toEqual([]);
  expect(lacking([mapping(" OPTIONS (x 'y')")], all)).toEqual([
    "e",
    "EXTENSION hstore",
    "SCHEMA public",
    "USER MAPPING a SERVER b",
  ]);
  const changed = [theirs, there].filter((each) => each !== undefined);
  expect(lacking(all, changed)).toEqual(["EXTENSION hstore", "SCHEMA public"]);
  // The comparison finds these itself, or other code does.
  const compared = [entry("VIEW", "public", "v", "SELECT 1"), entry("TABLE DATA", "public", "t", "")];
  expect(lacking([], [...compared, entry("SCHEMA", null, "public", "create")])).toEqual([]);
});
