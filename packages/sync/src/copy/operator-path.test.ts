import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { expect, test } from "vitest";
import { boundToOperators, needsOperators, operatorPath, withSearchPath } from "./operator-path.ts";

const entry = (type: string, sql: string, rest: Partial<ArchiveEntry> = {}): ArchiveEntry => ({
  id: 1,
  type,
  schema: "public",
  tag: "x",
  section: "pre-data",
  sql,
  drop: "",
  copy: "",
  accessMethod: "",
  oid: 0,
  dependencies: [],
  ...rest,
});

test("the path has the schemas of extensions and operators, quoted as pg_dump quotes them", () => {
  const entries = [
    entry("EXTENSION", "CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;\n"),
    entry("EXTENSION", "CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;\n"),
    entry("EXTENSION", `CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA "a ""b"" 'c'; d";\n`),
    entry("OPERATOR", "CREATE OPERATOR public.= (\n    FUNCTION = public.same\n);\n"),
    entry("OPERATOR", `CREATE OPERATOR "Own"."=" (\n`),
    entry("TABLE", "CREATE TABLE other.t (a integer);\n"),
  ];
  const path = operatorPath(entries);
  expect(path).toBe(`public, "a ""b"" 'c'; d", "Own"`);
  expect(withSearchPath("SELECT pg_catalog.set_config('search_path', '', false);\n", path ?? "")).toBe(
    `SELECT pg_catalog.set_config('search_path', 'public, "a ""b"" ''c''; d", "Own"', false);\n`,
  );
  expect(operatorPath(entries.slice(0, 1))).toBeUndefined();
});

test.each([
  ["TRIGGER", "CREATE TRIGGER t ... WHEN ((old.a IS DISTINCT FROM new.a)) EXECUTE FUNCTION f();", true],
  ["INDEX", "CREATE INDEX i ON t USING btree (a) WHERE (b IS NOT DISTINCT FROM c);", true],
  ["VIEW", "CREATE VIEW v AS SELECT NULLIF(a, b) AS n FROM t;", true],
  ["VIEW", "CREATE VIEW v AS SELECT 1 FROM t\n  WHERE (t.a IN ( SELECT u.a FROM u));", true],
  ["VIEW", "CREATE VIEW v AS SELECT t.a FROM (t JOIN u USING (a));", true],
  ["FUNCTION", "CREATE FUNCTION f() ... BEGIN ATOMIC\n SELECT NULLIF(a, b);\nEND;", true],
  ["FUNCTION", "CREATE FUNCTION f() ... AS $$ select nullif(a, b); SELECT NULLIF(a, b) $$;", false],
  ["VIEW", "CREATE VIEW v AS SELECT t.a FROM t WHERE (t.a OPERATOR(public.=) t.b);", false],
  ["VIEW", "CREATE VIEW v AS SELECT 1 FROM t WHERE (ROW(t.a, t.b) < ROW(t.c, t.d));", true],
  ["POLICY", "CREATE POLICY p ON t USING ((a = CURRENT_USER));", true],
  ["INDEX", "CREATE INDEX i ON t USING btree (a);", false],
  ["CONSTRAINT", "ALTER TABLE ONLY t ADD CONSTRAINT c EXCLUDE USING gist (a WITH &&);", false],
  ["TRIGGER", "CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();", false],
])("%s %s", (type, sql, needed) => {
  expect(needsOperators(entry(type, sql))).toBe(needed);
});

test("an entry that depends on such an entry is restored with it", () => {
  const entries = [
    entry("INDEX", "CREATE INDEX a ON ONLY t (x) WHERE (b IS DISTINCT FROM c);", { id: 1 }),
    entry("INDEX", "CREATE INDEX b ON t_1 (x);", { id: 2 }),
    entry("INDEX ATTACH", "ALTER INDEX a ATTACH PARTITION b;", { id: 3, dependencies: [2, 1] }),
    entry("COMMENT", "COMMENT ON INDEX a IS 'x';", { id: 4, dependencies: [1] }),
  ];
  expect(boundToOperators(entries).map(({ id }) => id)).toEqual([1, 3, 4]);
});
