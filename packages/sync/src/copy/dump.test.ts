import { expect, test } from "vitest";
import { programErrors } from "./dump.ts";

test("of the output of a program, only the errors are shown", () => {
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

test("without a line that reports an error, the end of the output is shown", () => {
  const printed = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  expect(programErrors(printed)).toEqual(printed.slice(5));
});
