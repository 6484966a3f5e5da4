import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { expect, test } from "vitest";
import type { OpenedDump } from "../archive/opened-dump.ts";
import type { DatabaseFacts } from "../read/database-facts.ts";
import { factsOfDump, unverifiedParts } from "./dump-facts.ts";

const entry = (id: number, type: string, tag: string, rest: Partial<ArchiveEntry> = {}): ArchiveEntry => ({
  ...{
    id,
    type,
    schema: "public",
    tag,
    section: "pre-data",
    sql: "",
    drop: "",
    copy: "",
    accessMethod: "",
    oid: 0,
    dependencies: [],
  },
  ...rest,
});

/** A dump with a manifest of version 1. */
const dumpOf = (...entries: ArchiveEntry[]): OpenedDump => ({
  key: "rds-dumps/x.dump",
  uri: "s3://b/rds-dumps/x.dump",
  system: "rds",
  createdAt: "",
  manifest: {
    version: 1,
    kind: "backup",
    key: "rds-dumps/x.dump",
    bytes: 1,
    sha256: "",
    createdAt: "",
    createdBy: "me",
    database: { system: "rds", host: "h", name: "app", serverVersion: "14.12" },
    clientVersion: "15.1",
    durations: {},
  },
  contents: undefined,
  details: undefined,
  file: "",
  bytes: 1,
  archive: { standardStrings: true, entries },
});

const target = { encoding: "LATIN1" } as DatabaseFacts;

test("an extension is needed by the entries that depend on it, and not by its comment", () => {
  const { facts } = factsOfDump(
    dumpOf(
      entry(2, "EXTENSION", "citext", { schema: null }),
      entry(3, "COMMENT", "EXTENSION citext", { schema: null, dependencies: [2] }),
      entry(4, "TABLE", "users", { dependencies: [2] }),
      entry(5, "EXTENSION", "unused", { schema: null }),
    ),
    target,
  );
  expect(facts.extensions.map(({ name, dependents }) => [name, dependents])).toEqual([
    ["citext", ["table public.users"]],
    ["unused", []],
  ]);
  expect(facts).toMatchObject({ major: 14, version: "14.12", encoding: "LATIN1" });
});

test.each([
  [`CREATE POLICY p ON public.t FOR SELECT TO reader USING (true);`, ["reader"]],
  [`CREATE POLICY "a TO b" ON "My App"."odd""t" AS RESTRICTIVE TO "a b", c WITH CHECK (x);`, ["a b", "c"]],
  [`CREATE POLICY p ON public.t USING ((name = 'x TO y'::text));`, []],
])("roles that a policy names: %s", (sql, roles) => {
  const { facts } = factsOfDump(dumpOf(entry(1, "POLICY", "t p", { sql })), target);
  expect(facts.namedRoles.map(({ role }) => role)).toEqual(roles);
});

test("an old manifest without rows leaves rows and extensions unverified", () => {
  const parts = unverifiedParts(dumpOf());
  expect(parts.map((part) => part.split(/[:,]/)[0])).toEqual(["rows", "the encoding"]);
});

test("objects of superusers, parameters that functions set, and collations are found in the SQL", () => {
  const sql = (type: string, text: string) => entry(1, type, type.toLowerCase(), { sql: text });
  const { facts } = factsOfDump(
    dumpOf(
      sql("OPERATOR CLASS", "CREATE OPERATOR CLASS c"),
      sql(
        "FUNCTION",
        "CREATE FUNCTION a() RETURNS int\n    LANGUAGE sql IMMUTABLE LEAKPROOF\n    AS $$select 1$$;",
      ),
      sql("FUNCTION", "CREATE FUNCTION b() RETURNS int\n    LANGUAGE c\n    AS 'x', 'y';"),
      sql(
        "FUNCTION",
        `CREATE FUNCTION d() RETURNS int\n    LANGUAGE sql\n    SET search_path TO 'x'\n    SET "app.Y" TO 'z'\n    AS $$\n    SET work_mem TO 1$$;`,
      ),
      sql("TYPE", "CREATE TYPE t AS (\n\ta integer\n);"),
      sql(
        "TABLE",
        `CREATE TABLE t (\n    a text COLLATE pg_catalog."de_DE",\n    b text COLLATE public.own\n);`,
      ),
    ),
    target,
  );
  expect(facts.privilegedObjects).toHaveLength(3);
  expect(facts.functionSettings.map(({ parameter }) => parameter)).toEqual(["search_path", "app.Y"]);
  expect(facts.usedCollations).toEqual(["de_DE"]);
});
