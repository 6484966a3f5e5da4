import { expect, test } from "vitest";
import { withoutRows, withoutVariables } from "./without-rows.ts";

test("lines in which PostgreSQL quotes a row are left out, and the errors are kept", () => {
  const error =
    'pg_restore: error: could not execute query: ERROR:  could not create unique index "users_email_key"';
  const copy = 'pg_restore: error: COPY failed for table "users": ERROR:  integer expected';
  expect(
    withoutRows([
      error,
      "DETAIL:  Key (email)=(ada@example.org) is duplicated.",
      copy,
      'CONTEXT:  COPY users, line 3, column age: "ada@example.org"',
      "Command was: ALTER TABLE ONLY public.users ADD CONSTRAINT users_email_key UNIQUE (email);",
      `${copy}\nDETAIL:  Failing row contains (1, ada@example.org).`,
    ]),
  ).toEqual([
    error,
    copy,
    "Command was: ALTER TABLE ONLY public.users ADD CONSTRAINT users_email_key UNIQUE (email);",
    copy,
  ]);
});

test.each([
  ['invalid input syntax for type integer: "ada"', 'invalid input syntax for type integer: "****"'],
  ['invalid input value for enum mood: "ada"', 'invalid input value for enum mood: "****"'],
  ['date/time field value out of range: "ada"', 'date/time field value out of range: "****"'],
  ['value "123" is out of range for type integer', 'value "****" is out of range for type integer'],
  ['column "age" of relation "users" does not exist', 'column "age" of relation "users" does not exist'],
])("of the error %s, the value is left out", (message, expected) => {
  expect(withoutRows([`ERROR:  ${message}`])).toEqual([`ERROR:  ${expected}`]);
});

test.each([
  ["pnpm deactivate --var a=secret --yes", "pnpm deactivate --var a=**** --yes"],
  ["pnpm deactivate --var=a=secret=1", "pnpm deactivate --var=a=****"],
  [String.raw`pnpm activate --var 'a=it'\''s a secret' --yes`, "pnpm activate --var a=**** --yes"],
  ["Give it again with `--var a=secret`.", "Give it again with `--var a=****`."],
  ["pnpm activate --var-file x=y.tfvars", "pnpm activate --var-file x=y.tfvars"],
  ["--var must be name=value", "--var must be name=value"],
])("of the command line %s, values of variables are left out", (text, expected) => {
  expect(withoutVariables(text)).toBe(expected);
});
