import { expect, test } from "vitest";
import { toStatements } from "./restore-script.ts";

const header = (encoding = "UTF8", standardStrings = "on") =>
  `SET client_encoding = '${encoding}';\nSET standard_conforming_strings = ${standardStrings};\n`;
const comments = "--\n-- PostgreSQL database dump\n--\n\n";
const statements = "CREATE FUNCTION public.f() RETURNS text AS $$\n\\restrict x\n\\unrestrict abc1\n$$;\n";

test("the lines for psql are left out, and nothing else", () => {
  const script = `${comments}\\restrict abc1\n\n${header()}${statements}--\n\n\\unrestrict abc1\n\n`;
  expect(toStatements(Buffer.from(script))).toBe(`${comments}\n${header()}${statements}--\n\n`);
});

test("a script of an older pg_restore, which has no such lines, is sent unchanged", () => {
  const script = `${comments}${header()}${statements}`;
  expect(toStatements(Buffer.from(script))).toBe(script);
});

test.each([
  ["another encoding", Buffer.from(header("LATIN1"))],
  ["another encoding, with a function that sets it", Buffer.from(header("LATIN1") + header())],
  ["backslashes that are escapes", Buffer.from(header("UTF8", "off"))],
  [
    "bytes that are not UTF-8, as of SQL_ASCII",
    Buffer.concat([Buffer.from(`${header()}-- `), Buffer.from([0xff])]),
  ],
  ["no header", Buffer.from(statements)],
])("a session cannot send a script with %s", (_, script) => {
  expect(toStatements(script)).toBeUndefined();
});
