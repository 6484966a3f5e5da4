import { expect, test } from "vitest";
import { flatten, isGroup, nest, split, tokenize } from "./sql-tree.ts";

const texts = (sql: string, standardStrings = true) => tokenize(sql, standardStrings).map(({ text }) => text);
const tree = (sql: string) => nest(tokenize(sql, true));

test.each([
  ["a comment or a space is no token", "a -- b\n /* c */ d", ["a", "d"]],
  ["a quoted name keeps its quotes", 'x."a ""b"""', ["x", ".", '"a ""b"""']],
  [
    "signs that follow each other are one operator, but for a cast",
    "a <= b::int",
    ["a", "<=", "b", "::", "int"],
  ],
  ["a number keeps its fraction and its exponent", "1.5e3", ["1.5e3"]],
  ["a literal is the same with any quotes", "'a''b' $x$a'b$x$ E'a\\'b'", ["'a'b'", "'a'b'", "'a'b'"]],
])("%s", (_, sql, expected) => {
  expect(texts(sql)).toEqual(expected);
});

test("a backslash is a character or begins an escape, as the setting of the database says", () => {
  expect(texts(String.raw`'a\'`)).toEqual([String.raw`'a\'`]);
  expect(texts(String.raw`'a\\b'`, false)).toEqual([String.raw`'a\b'`]);
});

test("the place of a token leads back to its text", () => {
  const sql = "select 'a''b', \"c\" -- d\n from $$e$$";
  const places = tokenize(sql, true).map(({ start, end }) => sql.slice(start, end));
  expect(places).toEqual(["select", "'a''b'", ",", '"c"', "from", "$$e$$"]);
});

test("a tree has the tokens of its text", () => {
  const sql = "f(a, ARRAY[1, (2)], ()) + ')'";
  expect(flatten(tree(sql) ?? []).map(({ text }) => text)).toEqual(texts(sql));
});

test.each(["(a", "a)", "(a]", "([a)]"])("brackets that do not match give no tree: %s", (sql) => {
  expect(tree(sql)).toBeUndefined();
});

test("only a separator outside of brackets splits", () => {
  const parts = split(tree("a, f(b, c), d") ?? [], ",");
  expect(parts.map((part) => part.map((node) => (isGroup(node) ? "()" : node.text)))).toEqual([
    ["a"],
    ["f", "()"],
    ["d"],
  ]);
  expect(split([], ",")).toEqual([]);
});
