import { expect, test } from "vitest";
import { excerpts } from "./sql-excerpts.ts";
import { canonicalSql } from "./sql-text.ts";

const canonical = (text: string, standardStrings = true) => canonicalSql(text, { standardStrings });
const same = (a: string, b: string) => canonical(a).key === canonical(b).key;

test.each([
  [
    "CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))",
    "CHECK (((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])))",
  ],
  ["((ARRAY['a'::character varying])::character varying(3)[])", "(ARRAY['a'::character varying(3)])"],
  [
    "(((ARRAY[ARRAY['a'::character varying, s]])::text[]))",
    "((ARRAY[ARRAY[('a'::character varying)::text, (s)::text]]))",
  ],
  [`((ARRAY[x, (y + 1)])::"My Schema"."T"[])`, `(ARRAY[(x)::"My Schema"."T", ((y + 1))::"My Schema"."T"])`],
  [
    "(s::text = ANY (ARRAY['a'::character varying, x || y]::text[]))",
    "(s::text = ANY (ARRAY['a'::character varying::text, (x || y)::text]))",
  ],
  [
    "(((n >= 1) AND (n <= 5)) AND ((a > 0) AND (b > 0)))",
    "((n >= 1) AND (n <= 5) AND ((a > 0) AND (b > 0)))",
  ],
  ["(((a OR b) OR c) OR d)", "(a OR b OR c OR d)"],
  ["( SELECT 'a'::text)", "( SELECT 'a'::text AS text)"],
  ["( SELECT x, '-1'::integer, y)", "( SELECT x, '-1'::integer AS int4, y)"],
  ["( SELECT 'a'::character varying(3) FROM t)", "( SELECT 'a'::character varying(3) AS varchar FROM t)"],
  [
    "( SELECT NULL::timestamp(0) with time zone)",
    "( SELECT NULL::timestamp(0) with time zone AS timestamptz)",
  ],
  [`( SELECT ('c'::text COLLATE "C"))`, `( SELECT ('c'::text COLLATE "C") AS text)`],
  [`( SELECT 'c'::public."My T"[])`, `( SELECT 'c'::public."My T"[] AS "My T")`],
  ["( SELECT '1'::numeric)", `( SELECT '1'::numeric AS "numeric")`],
  ["( SELECT '1'::interval day to second)", `( SELECT '1'::interval day to second AS "interval")`],
  ["a LEFT JOIN b ON TRUE", "a LEFT JOIN b ON (true)"],
])("a difference that a restore makes is ignored: %s", (before, after) => {
  expect(same(before, after)).toBe(true);
});

test.each([
  ["CHECK ((((x + 1) * 2) > 0))", "CHECK (((x + (1 * 2)) > 0))"],
  ["CHECK (((x)::bigint > 1))", "CHECK (((x)::numeric > 1))"],
  ["CHECK ((x > 1))", "CHECK (((x)::bigint > 1))"],
  ["CHECK (((s)::text = 'a b'::text))", "CHECK (((s)::text = 'ab'::text))"],
  ["CHECK (((s)::text = 'a b'::text))", "CHECK (((s)::text = 'a  b'::text))"],
  ["CHECK ((a - b) > 0)", "CHECK ((b - a) > 0)"],
  ['CHECK ("A b" > 0)', 'CHECK ("Ab" > 0)'],
  ["((a AND b) OR c)", "(a AND b OR c)"],
  ["(a AND (b AND c))", "(a AND b AND c)"],
  ["ARRAY[]::text[]", "ARRAY[]::integer[]"],
  ["(ARRAY['a'::character varying])::text[]", "ARRAY['a'::character varying]"],
  ["f('a', 'b')", "f('a'' , ''b')"],
  ["( SELECT 'a'::text)", "( SELECT 'a'::text AS b)"],
  ["( SELECT a, b)", "( SELECT a AS text, b)"],
  ["( SELECT 'a'::text || x)", "( SELECT 'a'::text || x AS text)"],
  ["( SELECT 'a'::text AS text FROM a)", "( SELECT 'a'::text FROM a AS text)"],
  ["a LEFT JOIN b ON TRUE", "a LEFT JOIN b ON (false)"],
  ["AS $$select 1 + 1$$", "AS $$select 1  + 1$$"],
])("any other difference counts: %s", (one, other) => {
  expect(same(one, other)).toBe(false);
});

test("a backslash is the same under both settings of its database", () => {
  expect(canonical(String.raw`'a\\b'`, false).key).toBe(canonical(String.raw`'a\b'`).key);
  expect(canonical(String.raw`E'a\\b'`).key).toBe(canonical(String.raw`'a\b'`).key);
  expect(canonical(String.raw`'a\b'`).key).not.toBe(canonical("'ab'").key);
});

test("bodies are compared unchanged, even if they contain text that looks like SQL", () => {
  const body = "AS $_$ -- ' (\n $$ ] /* $_$";
  expect(canonical(body).tokens.map(({ text }) => text)).toEqual(["AS", "' -- ' (\n $$ ] /* '"]);
});

test("columns of a table that inherits some may have any order", () => {
  const key = (text: string) => canonicalSql(text, { standardStrings: true, anyColumnOrder: true }).key;
  const [one, other] = ["a integer,\n b text DEFAULT f(1, 2)", "b text DEFAULT f(1, 2), a integer"];
  expect(key(`CREATE TABLE c (${one}) INHERITS (p)`)).toBe(key(`CREATE TABLE c (${other}) INHERITS (p)`));
  expect(key(`CREATE TABLE c (${one}) INHERITS (p)`)).not.toBe(key(`CREATE TABLE c (${one}) INHERITS (q)`));
});

test("a piece of each side shows the first difference, also within a long body", () => {
  const text = (value: string) =>
    canonical(`CREATE FUNCTION f() AS $$${"x ".repeat(500)}return ${value};\nend$$;`);
  expect(excerpts(text("one"), text("two"))).toEqual({
    expected: "...x x x x x x x x x x x x x x x x x x x x x x return one; end$$;",
    actual: "...x x x x x x x x x x x x x x x x x x x x x x return two; end$$;",
  });
  expect(excerpts(canonical("SELECT (a + 1) * 2"), canonical("SELECT a + 1 * 2"))).toEqual({
    expected: "SELECT (a + 1) * 2",
    actual: "SELECT a + 1 * 2",
  });
});
