import { expect, test } from "vitest";
import { programErrors } from "./dump.ts";

test("of what a program said, only what went wrong is shown", () => {
  const said = [
    "pg_restore: connecting to database for restore",
    "pg_restore: while PROCESSING TOC:",
    'pg_restore: error: could not execute query: ERROR:  relation "limits" does not exist',
    "CONTEXT:  PL/pgSQL function public.fits(integer) line 1 at RETURN",
    "Command was: ALTER TABLE ONLY public.tags ADD CONSTRAINT ...",
    "pg_restore: processing data for table public.items",
  ];
  expect(programErrors(said)).toEqual(said.slice(2, 5));
});

test("where nothing looks like an error, the end of it all is shown", () => {
  const said = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  expect(programErrors(said)).toEqual(said.slice(5));
});
