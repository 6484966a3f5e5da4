import { expect, test } from "vitest";
import { hintForProgram } from "./program-hints.ts";

// Messages of PostgreSQL 14 to 18.
test.each([
  ["pg_dump: error: could not write to output file: No space left on device", /df -h$/],
  [
    'pg_restore: error: could not execute query: ERROR:  could not extend file "base/1/2": No space left on device',
    /df -h$/,
  ],
  [
    "pg_dump: error: query failed: ERROR:  out of shared memory\nHINT:  You might need to increase max_locks_per_transaction.",
    /max_locks_per_transaction/,
  ],
  [
    'pg_dump: error: connection to server at "x" (127.0.0.1), port 5432 failed: FATAL:  sorry, too many clients already',
    /--jobs 1$/,
  ],
  [
    "pg_restore: error: error returned by PQputCopyData: server closed the connection unexpectedly",
    /again\.$/,
  ],
  ["pg_dump: error: query failed: ERROR:  canceling statement due to lock timeout", /pg_stat_activity/],
  [
    'pg_restore: error: could not execute query: ERROR:  could not connect to server "s"\nDETAIL:  connection to server at "127.0.0.1", port 9 failed: Connection refused\nCommand was: REFRESH MATERIALIZED VIEW public.m;',
    /cannot reach the foreign server "s".*with no data;$/,
  ],
  [
    'pg_restore: error: could not execute query: ERROR:  division by zero\nCommand was: REFRESH MATERIALIZED VIEW public."M v";',
    /refresh materialized view public\."M v" with no data;$/,
  ],
  [
    'pg_restore: error: COPY failed for table "r": ERROR:  role "it\'s" does not exist\nCONTEXT:  COPY r, line 1, column a: "x"',
    /create role "it's" nologin;$/,
  ],
  [
    'pg_restore: error: COPY failed for table "r": ERROR:  relation "public.qi" does not exist\nCONTEXT:  COPY r, line 1, column a: "public.qi"',
    /type such as regclass/,
  ],
  [
    'pg_restore: error: COPY failed for table "r": ERROR:  more than one function named "public.ov"\nCONTEXT:  COPY r, line 1, column a: "public.ov"',
    /type such as regclass/,
  ],
  [
    'pg_restore: error: COPY failed for table "t": ERROR:  function public.f(integer) does not exist\nHINT:  No function matches the given name\nCONTEXT:  SQL function "g" during inlining',
    /search_path/,
  ],
  [
    'pg_restore: error: COPY failed for table "t1": ERROR:  new row for relation "t1" violates partition constraint',
    /collate "C"\.$/,
  ],
  ["pg_dump: error: aborting because of server version mismatch", /client programs/],
  [
    'pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"',
    /too old for the setting transaction_timeout/,
  ],
  [
    'pg_restore: error: could not execute query: ERROR:  permission denied to create extension "plpython3u"',
    /drop extension "plpython3u";$/,
  ],
  [
    'pg_restore: error: could not execute query: ERROR:  extension "vector" is not available',
    /pg_available_extensions;$/,
  ],
  [
    "pg_dump: error: query failed: ERROR:  permission denied for table secrets",
    /privilege on the table secrets/,
  ],
  [
    'pg_restore: error: could not execute query: ERROR:  could not create unique index "users_email_key"\nDETAIL:  Key (email)=(a) is duplicated.',
    /reindex index "users_email_key";$/,
  ],
  [
    'pg_restore: error: could not execute query: ERROR:  insert or update on table "a" violates foreign key constraint "a_b_fkey"',
    /foreign key a_b_fkey/,
  ],
  [
    'pg_restore: error: COPY failed for table "t": ERROR:  new row for relation "t" violates check constraint "t_check"',
    /t_check does not allow/,
  ],
  [
    'pg_restore: error: could not execute query: ERROR:  relation "settings" does not exist\nCONTEXT:  SQL function "price" during inlining',
    /alter function/,
  ],
  [
    "pg_restore: error: could not execute query: ERROR:  function unaccent(text) does not exist",
    /this function without its schema/,
  ],
  [
    'pg_restore: error: could not execute query: ERROR:  collation "de_DE" for encoding "UTF8" does not exist',
    /ICU collation/,
  ],
  [
    "pg_restore: error: could not read data: this build does not support compression with ZSTD",
    /without ZSTD/,
  ],
  [
    "pg_restore: error: could not execute query: ERROR:  invalid memory alloc request size 1200000000",
    /--jobs 1$/,
  ],
])("%s", (line, hint) => {
  expect(hintForProgram([line])).toMatch(hint);
});

test("the hint is for the cause, not for its consequence", () => {
  const lines = [
    'pg_restore: error: could not execute query: ERROR:  relation "t" does not exist',
    'pg_restore: error: connection to server at "h" failed: server closed the connection unexpectedly',
  ];
  expect(hintForProgram(lines)).toMatch(/connection to the server was lost/);
  expect(hintForProgram(["pg_dump: error: something new"])).toBeUndefined();
});
