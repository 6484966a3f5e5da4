import { expect, test } from "vitest";
import { programErrors } from "./dump.ts";

test("an error shows only the lines of a program that report errors", () => {
  const printed = [
    "pg_restore: connecting to database for restore",
    "pg_restore: while PROCESSING TOC:",
    'pg_restore: error: could not execute query: ERROR:  relation "limits" does not exist',
    "CONTEXT:  PL/pgSQL function public.fits(integer) line 1 at RETURN",
    "Command was: ALTER TABLE ONLY public.tags ADD CONSTRAINT ...",
    "pg_restore: processing data for table public.items",
  ];
  expect(programErrors(printed)).toEqual(printed.slice(2, 5));
});

test("if no line reports an error, the error shows the end of the output", () => {
  const printed = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  expect(programErrors(printed)).toEqual(printed.slice(5));
});
