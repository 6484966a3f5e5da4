import fc from "fast-check";
import { expect, test } from "vitest";
import stringWidth from "string-width";
import { cut, layOut, layOutHint, layOutTable, wrapWords } from "./layout.ts";

const terminal = (width: number) => ({ width, wraps: true });

test("a row has its duration at the end of its first line", () => {
  expect(layOut({ label: "  dump      ", text: "9 tables", right: "0.2 s" }, terminal(80))).toEqual([
    `  dump      9 tables${" ".repeat(55)}0.2 s`,
  ]);
});

test("a long text is broken between words, and continues below its beginning", () => {
  const text = "into the database as davidshaevel__pl_staging_20261125200706, 4 jobs";
  expect(layOut({ label: "  restore   ", text, right: "0.2 s" }, terminal(80))).toEqual([
    "  restore   into the database as                                           0.2 s",
    "            davidshaevel__pl_staging_20261125200706, 4 jobs",
  ]);
});

test("if a line is too narrow for both, the text is printed without the duration", () => {
  expect(
    layOut({ label: "  restore   ", text: "into the database, in four jobs", right: "0.2 s" }, terminal(40)),
  ).toEqual(["  restore   into the database, in four", "            jobs"]);
});

test("a pipe gets one line of any length", () => {
  const text = "word ".repeat(60).trim();
  expect(layOut({ label: "  x ", text, right: "0.2 s" }, { width: 100, wraps: false })).toEqual([
    `  x ${text}    0.2 s`,
  ]);
});

test("colors take no columns", () => {
  const red = (text: string) => `\u001B[31m${text}\u001B[39m`;
  const [plain = ""] = layOut({ label: "  x ", text: "text", right: "1 ms" }, terminal(80));
  expect(layOut({ label: `  ${red("x")} `, text: red("text"), right: "1 ms" }, terminal(80))).toEqual([
    plain.replace("x", red("x")).replace("text", red("text")),
  ]);
});

test("an address that is longer than the line is not broken", () => {
  const address = `s3://${"bucket-".repeat(12)}`;
  expect(wrapWords(`goes to ${address} first`, 30)).toEqual(["goes to", address, "first"]);
});

test("no word is lost or broken, and no line is longer than its longest word has to be", () => {
  const words = fc.array(fc.stringMatching(/^[a-z/.:-]{1,30}$/), { minLength: 1 });
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 100 }), (list, width) => {
      const lines = wrapWords(list.join(" "), width);
      expect(lines.flatMap((line) => line.split(" "))).toEqual(list);
      const longest = Math.max(width, ...list.map((word) => word.length));
      expect(lines.every((line) => line.length <= longest)).toBe(true);
    }),
  );
});

const columns = [{ least: 10 }, { align: "right" }, { wraps: true }] as const;

test("a table has columns as wide as their longest cell, numbers aligned right", () => {
  const rows = [
    ["table", "rows", ""],
    ["public.projects", "1,200", "replaced"],
    ["public.x", "9", "new"],
  ];
  expect(layOutTable(columns, rows, terminal(80))).toEqual([
    "  table             rows",
    "  public.projects  1,200  replaced",
    "  public.x             9  new",
  ]);
});

test("wide characters and colors do not shift the columns", () => {
  const rows = [
    ["\u001B[31m表格\u001B[39m", "1", "a"],
    ["abcdefghijkl", "22", "b"],
  ];
  const lines = layOutTable(columns, rows, terminal(80));
  expect(lines.map((line) => stringWidth(line))).toEqual([21, 21]);
});

test("the column that wraps becomes narrower, and is printed below its row if it would be too narrow", () => {
  const rows = [["name", "1", "word ".repeat(20).trim()]];
  const wide = layOutTable(columns, rows, terminal(60));
  expect(wide.every((line) => line.length <= 60)).toBe(true);
  expect(wide[1]).toMatch(/^ {17}word/);
  const narrow = layOutTable(columns, rows, terminal(30));
  expect(narrow[0]).toBe("  name        1");
  expect(narrow[1]).toMatch(/^ {4}word/);
  expect(layOutTable(columns, rows, { width: 30, wraps: false })).toHaveLength(1);
});

test("a text is cut by its width on the screen", () => {
  expect(cut("表格表格", 5)).toBe("表格");
  expect(cut("abc", 5)).toBe("abc");
});

test("a hint that is too long gives its command separate lines, which can be copied", () => {
  const hint = "Show the events:  aws ecs describe-services --cluster dev-shop --services backend";
  expect(layOutHint("  fix: ", hint, terminal(120))).toEqual([`  fix: ${hint}`]);
  expect(layOutHint("  fix: ", hint, { width: 60, wraps: false })).toEqual([`  fix: ${hint}`]);
  expect(layOutHint("  fix: ", hint, terminal(60))).toEqual([
    "  fix: Show the events:",
    "         aws ecs describe-services --cluster dev-shop \\",
    "           --services backend",
  ]);
});
