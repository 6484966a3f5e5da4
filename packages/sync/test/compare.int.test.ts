/** `pnpm compare`: both databases before and after a sync, and with one change of each kind. */
import { readdir } from "node:fs/promises";
import { assertDocument } from "@pilot-light/core/cli/documents";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { comparisonSchema, documents, dumpComparisonSchema } from "@pilot-light/sync/documents";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { sync } from "./support.ts";
import { expectRefusal, footprint, neonUrl } from "./untouched.ts";

let pair: Pair;
beforeAll(async () => {
  pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
});
afterAll(() => pair.dispose());

const documentSchema = z.looseObject({ outcome: z.enum(["equal", "different"]), ...comparisonSchema.shape });

/** Runs `pnpm compare --json`, which must have written nothing; returns its document. */
async function compare(...args: readonly string[]) {
  const before = await footprint(pair);
  const { exitCode, stdout, stderr } = await sync(pair, ["compare", "--json", ...args]);
  expect([0, 1], stderr).toContain(exitCode);
  const document = documentSchema.parse(assertDocument(documents, JSON.parse(stdout)));
  expect(exitCode).toBe(document.outcome === "equal" ? 0 : 1);
  expect(await footprint(pair)).toEqual(before);
  expect(await readdir(pair.env.TMPDIR ?? "")).toEqual([]);
  return document;
}

const differing = <T extends { isEqual: boolean }>(list: readonly T[] | null) =>
  (list ?? []).filter(({ isEqual }) => !isEqual);

test("two databases with other rows and other tables are different", async () => {
  const { outcome, objects, tables } = await compare();
  expect(outcome).toBe("different");
  expect(objects).toContainEqual({
    kind: "table",
    identity: "public.old_leads",
    problem: "only-rds",
    diff: [],
  });
  expect(differing(tables)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ table: "public.old_leads", neonRows: null, rdsRows: 57 }),
      expect.objectContaining({ table: "public.projects", neonRows: 12, rdsRows: 9 }),
    ]),
  );
});

test("after a sync both are equal, in definitions, rows and sequences", async () => {
  const { exitCode, stderr } = await sync(pair, ["neon-to-rds", "--yes"]);
  expect(exitCode, stderr).toBe(0);
  const { outcome, objects, tables, sequences } = await compare();
  expect(outcome).toBe("equal");
  expect(objects).toEqual([]);
  expect(tables).toHaveLength(9);
  expect(sequences).toHaveLength(3);
  const { stderr: text } = await sync(pair, ["compare"]);
  expect(text).toContain("all definitions, 9 tables with 3,560 rows (rows and hashes), 3 sequences");
});

test("a database is compared with the manifest of a dump: the newest archive, and a backup", async () => {
  const schema = z.looseObject({ outcome: z.string(), ...dumpComparisonSchema.shape });
  const before = await footprint(pair);
  const compareWith = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await sync(pair, ["compare", "--json", "--with", ...args]);
    expect([0, 1], stderr).toContain(exitCode);
    return schema.parse(assertDocument(documents, JSON.parse(stdout)));
  };
  expect(await compareWith("latest")).toMatchObject({ outcome: "equal-to-dump", objects: [] });
  expect(await compareWith("latest", "--system", "rds")).toMatchObject({ outcome: "equal-to-dump" });
  const backup = await compareWith("rds-dumps/");
  expect(backup.outcome).toBe("different-from-dump");
  expect(differing(backup.tables)).toContainEqual({
    table: "public.old_leads",
    dumpRows: 57,
    databaseRows: null,
    isEqual: false,
  });
  expect(backup.objects).toContainEqual({
    kind: "table",
    identity: "public.old_leads",
    problem: "only-dump",
  });
  expect(backup.notes.join()).toContain("no hashes");
  expect(await footprint(pair)).toEqual(before);
});

/** A change of one side that a comparison must find, and how to revert it. */
interface Change {
  side: "neon" | "rds";
  change: string;
  revert: string;
  finds: unknown;
}

/** One row of the table. */
const first = "id = (select id from public.users order by id limit 1)";

const objectsFound = (...objects: readonly unknown[]) => ({ objects });

test.each<[string, Change]>([
  [
    "a value",
    {
      side: "rds",
      // Without the triggers of the table: the revert must restore every value.
      change: `set session_replication_role = replica; update public.users set display_name = display_name || '!' where ${first}`,
      revert: `update public.users set display_name = left(display_name, -1) where ${first}`,
      finds: { tables: [{ table: "public.users", neonRows: 60, rdsRows: 60 }] },
    },
  ],
  [
    "a position of a sequence",
    {
      side: "neon",
      change: "select nextval('public.projects_id_seq')",
      revert: "select setval('public.projects_id_seq', currval('public.projects_id_seq') - 1)",
      finds: { sequences: [{ sequence: "public.projects_id_seq" }] },
    },
  ],
  [
    "a column, with a diff of its table",
    {
      side: "neon",
      change: "alter table public.tags add column extra integer default 7",
      revert: "alter table public.tags drop column extra",
      finds: objectsFound({
        kind: "table",
        identity: "public.tags",
        problem: "different",
        diff: expect.arrayContaining([expect.stringMatching(/^-\s+extra integer DEFAULT 7$/)]) as unknown,
      }),
    },
  ],
  [
    "the body of a function",
    {
      side: "rds",
      change: "create or replace function keep.f() returns int language sql as 'select 2'",
      revert: "create or replace function keep.f() returns int language sql as 'select 1'",
      finds: objectsFound({ kind: "function", identity: "keep.f()", problem: "different" }),
    },
  ],
  [
    "an index that one side lacks",
    {
      side: "neon",
      change: "create index extra on public.tags (name)",
      revert: "drop index public.extra",
      finds: objectsFound({ kind: "index", identity: "public.extra", problem: "only-neon" }),
    },
  ],
])("one change is found: %s", async (_, { side, change, revert, finds }) => {
  for (const each of ["neon", "rds"] as const) {
    await pair.query(each, "create schema if not exists keep");
    await pair.query(each, "create or replace function keep.f() returns int language sql as 'select 1'");
    await pair.query(each, "grant usage on schema keep to public");
  }
  const session = await pair.connect(side);
  try {
    await session.client.query(change);
    const found = await compare();
    expect(found.outcome).toBe("different");
    const { objects, tables, sequences } = found;
    expect({ objects, tables: differing(tables), sequences: differing(sequences) }).toMatchObject(
      finds as object,
    );
    await session.client.query(revert);
  } finally {
    await session[Symbol.asyncDispose]();
    for (const each of ["neon", "rds"] as const) await pair.query(each, "drop schema keep cascade");
  }
  expect((await compare()).outcome).toBe("equal");
});

test("--schema compares the definitions alone, and --data the rows and sequences alone", async () => {
  await pair.query(
    "rds",
    "delete from public.tags where name = (select max(name) from public.tags where not exists (select 1 from public.project_tags p where p.tag_id = tags.id))",
  );
  await pair.query("rds", "insert into public.settings (key, value) values ('only-here', '1')");
  expect(await compare("--schema")).toMatchObject({
    outcome: "equal",
    objects: [],
    tables: null,
    sequences: null,
  });
  const data = await compare("--data");
  expect(data).toMatchObject({ outcome: "different", objects: null });
  expect(differing(data.tables).map(({ table }) => table)).toContain("public.settings");
});

test("the printed statements make the definitions equal, except what a person must change", async () => {
  await using other = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  // As the role that compares, which could not read the objects of another one.
  const run = (side: "neon" | "rds", sql: string) =>
    other.query(side, `set role ${other[side].role}; ${sql}`);
  const common = `create schema keep; create table keep.both (id int primary key);
    create function keep.f() returns int language sql as 'select RETURNED'; create view keep.v as select keep.f() as f;
    create table keep.parts (id int, at date) partition by range (at);
    create table keep.part partition of keep.parts for values from ('2026-01-01') to ('2027-01-01')`;
  await run("neon", common.replace("RETURNED", "1"));
  await run("rds", common.replace("RETURNED", "2"));
  await run(
    "neon",
    `create table keep."New one" (id serial primary key, of int references keep.both); create index on keep."New one" (of);
     comment on table keep."New one" is 'new; -- one'; create view keep.w as select id from keep."New one";
     create materialized view keep.m as select 1 as one;
     create trigger t before update on keep.both for each row execute function suppress_redundant_updates_trigger();
     alter table keep.both add column extra text`,
  );
  await run(
    "rds",
    `create table keep.old (id serial primary key, of int references keep.both check (of > 0)); create view keep.x as select * from keep.old;
     create index part_at on keep.parts (at); create type keep.mood as enum ('sad'); create table keep.moods (m keep.mood default 'sad')`,
  );
  const before = await footprint(other);
  const compared = async () => {
    const { exitCode, stdout, stderr } = await sync(other, ["compare", "--schema", "--sql", "--json"]);
    expect([0, 1], stderr).toContain(exitCode);
    return documentSchema.parse(assertDocument(documents, JSON.parse(stdout)));
  };
  const { sql } = await compared();
  expect(await footprint(other)).toEqual(before);
  const plain = await sync(other, ["compare", "--schema", "--sql", "rds"]);
  expect(plain.stdout).toContain("It was never run.");
  expect(plain.stdout).toContain("-- * table keep.both: ");
  expect(plain.stdout).toMatch(/-- Attention: its rows are deleted\.\nDROP TABLE public\.old_leads;/);
  const back = await sync(other, ["compare", "--schema", "--sql", "neon"]);
  expect(back.stdout).toContain("These statements would give neon");

  // The printed script ends with ROLLBACK, so it changes nothing.
  await run("rds", sql ?? "");
  expect(await footprint(other)).toEqual(before);
  await run("rds", (sql ?? "").replace(/^ROLLBACK;$/m, "COMMIT;"));
  const after = await compared();
  const names = (after.objects ?? []).map(({ kind, identity }) => `${kind} ${identity}`);
  const byHand = [...(sql ?? "").matchAll(/^-- \* (.*?): /gm)].map(([, name]) => name);
  // pg_dump creates a materialized view without its rows, and a comment in the script states it.
  expect(names.filter((name) => name !== "materialized view keep.m").sort()).toEqual(byHand.sort());
  expect(names).toContain("table keep.both");
  const usage = await sync(other, ["compare", "--sql", "--json"]);
  expect(usage.exitCode).toBe(2);
});

test("a wrong password is refused, and the exit code shows the side", async () => {
  const before = await footprint(pair);
  const NEON_DATABASE_URL = neonUrl(pair, (url) => (url.password = "wrong"));
  const refusal = { exit: 5, code: "WRONG_PASSWORD", says: [pair.neon.role] };
  await expectRefusal(pair, before, ["compare"], refusal, { env: { NEON_DATABASE_URL } });
});

test("a table that the role may not read is refused before anything is read", async () => {
  await pair.query("rds", "create table public.closed (id int); revoke all on public.closed from public");
  const before = await footprint(pair);
  const refusal = { exit: 4, code: "NOT_READABLE", says: ["rds", "public.closed", "grant pg_read_all_data"] };
  await expectRefusal(pair, before, ["compare"], refusal);
});
