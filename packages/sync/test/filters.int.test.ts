/** Filtered copies: `--exclude-table-data` and `--schema`. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "@pilot-light/core/process";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { dumpComparisonSchema } from "@pilot-light/sync/documents";
import { expect, test } from "vitest";
import { clientPrograms, contentOf, documentOf, errorOf, sync } from "./support.ts";
import { expectRefusal, footprint } from "./untouched.ts";

async function succeeds(pair: Pair, ...args: string[]) {
  const transcript = await sync(pair, [...args, "--json"]);
  expect(transcript.exitCode, transcript.stdout + transcript.stderr).toBe(0);
  return documentOf(transcript);
}

/** What `compare --with` finds between a dump and a database. */
async function comparedWith(pair: Pair, dump: string, system: "neon" | "rds") {
  const { exitCode, stdout, stderr } = await sync(pair, [
    "compare",
    "--with",
    dump,
    "--system",
    system,
    "--json",
  ]);
  expect([0, 1], stderr).toContain(exitCode);
  const { tables, objects, sequences, notes } = dumpComparisonSchema.parse(JSON.parse(stdout));
  const differing = (list: readonly { isEqual: boolean }[] | null) => list?.filter(({ isEqual }) => !isEqual);
  return { differences: [objects, differing(tables), differing(sequences)].flat(), notes };
}

/** What `dumps show` states of a dump beyond its bytes. */
async function shown(pair: Pair, dump: string): Promise<unknown> {
  return JSON.parse((await sync(pair, ["dumps", "show", dump, "--json"])).stdout);
}

async function rowsOf(pair: Pair, table: string): Promise<(number | string)[]> {
  const count = async (side: "neon" | "rds") => {
    const [row] = await pair.query(side, `select count(*)::int as n from ${table}`);
    return Number(row?.n);
  };
  return [await count("neon"), await count("rds")];
}

test.concurrent("a filtered copy lacks the rows, is verified, and must not reach Neon", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const before = await footprint(pair);
  const filters = ["--exclude-table-data", "EVENTS", "--exclude-table-data", "public.session*"];
  const filtered = ["neon-to-rds", "--yes", ...filters];
  const refused = async (args: readonly string[], code: string, ...says: string[]) => {
    await expectRefusal(pair, before, args, { exit: 4, code, says });
  };
  const other = ["neon-to-rds", "--yes", "--exclude-table-data"];
  await refused([...other, "nothing*"], "FILTER_MATCHES_NOTHING", "nothing*");
  await refused([...other, '"EVENTS"', "--allow-filtered"], "FILTER_MATCHES_NOTHING", '"EVENTS"');
  const key = "projects_owner_id_fkey of the table public.projects";
  await refused([...other, "users", "--allow-filtered"], "FILTER_BREAKS_KEYS", key);
  const hint = "pnpm sync neon-to-rds --exclude-table-data EVENTS --exclude-table-data";
  await refused(filtered, "TARGET_UNFILTERED", "EVENTS, public.session*", hint, "--allow-filtered");

  const { plan } = await succeeds(pair, ...filtered, "--allow-filtered");
  expect(plan.excludeTableData).toEqual([
    { pattern: "EVENTS", tables: ["public.events"] },
    { pattern: "public.session*", tables: ["public.sessions"] },
  ]);
  const [events = 0] = await rowsOf(pair, "public.events");
  expect(events).toBeGreaterThan(0);
  expect(plan.notes.join("\n")).toContain(`the rows of public.events (${events.toLocaleString("en")} rows)`);
  expect((await rowsOf(pair, "public.events"))[1]).toBe(0);
  expect((await rowsOf(pair, "public.sessions"))[1]).toBe(0);
  const [contacts, copied] = await rowsOf(pair, "public.contacts");
  expect(copied).toBe(contacts);

  const back = await sync(pair, ["rds-to-neon", "--dry-run", "--json"]);
  expect(errorOf(back)).toMatchObject({ code: "CHANGED_COPY", exit: 4 });
  expect(errorOf(back).message).toContain("has no rows of EVENTS, public.session*");
  const compared = await sync(pair, ["compare", "--data", "--json"]);
  const reason = "rds is a changed copy: it has no rows of EVENTS, public.session*";
  expect(JSON.parse(compared.stdout)).toMatchObject({ outcome: "different", notes: [reason] });
  expect(await shown(pair, plan.archive)).toMatchObject({
    dump: { changed: "has no rows of EVENTS, public.session*" },
  });
  const listed = await sync(pair, ["dumps", "list"]);
  expect(listed.stderr).toMatch(/! neon-dumps\/\S+: has no rows of EVENTS, public\.session\*/);
  // The source has the rows that the dump lacks, which is no difference. Other rows are.
  for (const side of ["neon", "rds"] as const) {
    const { differences, notes } = await comparedWith(pair, plan.archive, side);
    expect(differences).toEqual([]);
    expect(notes.join()).toContain("public.events: a filter left its rows out of the dump");
  }
  await pair.query("neon", "create table public.later (id int)");
  const later = await comparedWith(pair, plan.archive, "neon");
  expect(later.differences).toContainEqual(
    expect.objectContaining({ table: "public.later", databaseRows: 0, dumpRows: null }),
  );
  await pair.query("neon", "drop table public.later");
  // Now the target is a filtered copy, which another one may replace.
  await succeeds(pair, ...filtered);
  await succeeds(pair, "neon-to-rds", "--yes");
  const restored = ["restore", plan.archive, "--to", "rds", "--dry-run"];
  const unfiltered = await sync(pair, [...restored, "--json"]);
  expect(errorOf(unfiltered)).toMatchObject({ code: "TARGET_UNFILTERED", exit: 4 });
  const again = await sync(pair, [...restored, "--no-target-backup", "--allow-filtered"]);
  expect(again.stderr).toMatch(
    /To run it: {2}pnpm sync restore \S+ --to rds --allow-filtered --no-target-backup$/m,
  );
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  await succeeds(pair, "rds-to-neon", "--dry-run");
});

/** `schema table` of each table whose rows a dump has, from pg_dump and pg_restore. */
async function dumpedTables(pair: Pair, ...flags: string[]): Promise<Set<string>> {
  const { pgDump, pgRestore } = await clientPrograms();
  const directory = await mkdtemp(join(pair.env.HOME ?? "", "dump-"));
  const file = join(directory, "x.dump");
  const options = { environment: { PATH: pair.env.PATH } };
  const dump = await run(pgDump, ["-Fc", `--file=${file}`, ...flags, pair.neon.adminUrl], options);
  expect(dump.exitCode, dump.stderr.join("\n")).toBe(0);
  const { stdout } = await run(pgRestore, ["--list", file], options);
  await rm(directory, { recursive: true });
  const lines = stdout.split("\n").filter((line) => line.includes(" TABLE DATA "));
  return new Set(lines.map((line) => line.replace(/^.* TABLE DATA (.*) \S+$/, "$1")));
}

test.concurrent("patterns match the tables that pg_dump matches", async () => {
  await using pair = await createPair(testSandbox(), { neon: "awkward", rds: "empty" });
  const all = await dumpedTables(pair);
  for (const pattern of [
    '"Mixed Case".*',
    "plain.table",
    "plain.T?B*",
    'plain."T*"',
    "*.all_types",
    "user",
    "p*.i?en*",
  ]) {
    const kept = await dumpedTables(pair, `--exclude-table-data=${pattern}`);
    const omitted = [...all].filter((table) => !kept.has(table));
    const args = ["neon-to-rds", "--dry-run", "--json", "--allow-filtered", "--exclude-table-data", pattern];
    const transcript = await sync(pair, args);
    const code = transcript.exitCode === 0 ? undefined : errorOf(transcript).code;
    if (omitted.length === 0) {
      expect(code, pattern).toBe("FILTER_MATCHES_NOTHING");
      continue;
    }
    expect(code, transcript.stdout).toBeUndefined();
    const matched = documentOf(transcript).plan.excludeTableData.flatMap(({ tables }) => tables);
    const plainly = matched.map((name) => name.replaceAll('"', "").replace(".", " "));
    expect(plainly.sort(), pattern).toEqual(omitted.sort());
  }
  // The error names the foreign key of a partitioned table once, and not for each partition.
  const args = ["neon-to-rds", "--dry-run", "--json", "--exclude-table-data", "plain.T*"];
  expect(errorOf(await sync(pair, args))).toMatchObject({
    code: "FILTER_BREAKS_KEYS",
    details: ["partitioned_child_id_fkey of the table plain.partitioned_child"],
  });
});

/** The lines of the dump of one side, sorted: pg_dump orders some objects by their OIDs. Comments are left out. */
async function dumpOf(pair: Pair, side: "neon" | "rds", ...flags: string[]): Promise<string> {
  const { pgDump } = await clientPrograms();
  const args = ["--no-owner", "--no-privileges", ...flags, pair[side].adminUrl];
  const { exitCode, stdout, stderr } = await run(pgDump, args, { environment: { PATH: pair.env.PATH } });
  expect(exitCode, stderr.join("\n")).toBe(0);
  const lines = stdout.split("\n").filter((line) => !/^(?:--.*|\\(?:un)?restrict .*|)$/.test(line));
  return lines.sort().join("\n");
}

test.concurrent(
  "only the chosen schemas and the extensions that they need are copied, and the plan names what is left out",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "awkward", rds: "stale", rdsBypassRls: true });
    // This object belongs to another role: a sync of everything could not read it.
    const [large] = await pair.query("neon", "select pg_catalog.lo_from_bytea(0, 'left out') as oid");
    const before = await footprint(pair);
    const neon = await contentOf(pair, "neon");
    const refused = async (args: readonly string[], code: string, ...says: string[]) => {
      await expectRefusal(pair, before, args, { exit: 4, code, says });
    };
    const schemas = ["--schema", "Plain*", "--schema", "extensions", "--schema", '"Mixed Case"'];
    const filtered = ["neon-to-rds", "--yes", ...schemas];
    const nothing = ["neon-to-rds", "--dry-run", "--schema", "Mixed*", "--schema", "neondb.plain"];
    await refused(nothing, "SCHEMA_MATCHES_NOTHING", "Mixed*, neondb.plain", "Mixed Case, dotted.schema");
    const toNeon = ["rds-to-neon", "--yes", ...schemas];
    await refused(toNeon, "FILTER_TO_NEON", `--schema 'Plain*' --schema extensions --schema '"Mixed Case"'`);
    const resumed = await sync(pair, ["neon-to-rds", "--resume", "--json", ...schemas]);
    expect(errorOf(resumed)).toMatchObject({ code: "USAGE", exit: 2 });
    await refused(
      ["neon-to-rds", "--dry-run", "--schema", "plain"],
      "SCHEMAS_NEED_OTHERS",
      'column status of table plain.all_types needs type "Mixed Case"."Status Code"',
      'column sorted of table plain.case_insensitive needs collation "Mixed Case"."German Phonebook"',
      "extension citext needs schema extensions",
      `--schema '"Mixed Case"' --schema extensions`,
    );
    const unfiltered = ["has only the schemas Plain*, extensions", "--allow-filtered"];
    await refused(filtered, "TARGET_UNFILTERED", ...unfiltered);

    const { plan, result } = await succeeds(pair, ...filtered, "--allow-filtered");
    expect(plan.schemas).toEqual([
      { pattern: "Plain*", schemas: ["plain"] },
      { pattern: "extensions", schemas: ["extensions"] },
      { pattern: '"Mixed Case"', schemas: ["Mixed Case"] },
    ]);
    expect(plan.notes.join("\n")).toContain("the extensions citext, hstore");
    expect(plan.notes.join("\n")).toMatch(/the schemas dotted.schema .*, public, .*casts/);
    expect(plan.tables.filter(({ change }) => change === "removed").map(({ table }) => table)).toContain(
      "public.old_leads",
    );
    expect(result?.tables).toBe(plan.tables.filter(({ change }) => change === "new").length);
    const same = ["--schema=plain", "--schema=extensions", '--schema="Mixed Case"', "--extension=*"];
    const copied = await dumpOf(pair, "neon", ...same);
    expect(await dumpOf(pair, "rds")).toBe(copied);
    expect(await contentOf(pair, "neon")).toBe(neon);

    const back = await sync(pair, ["rds-to-neon", "--dry-run", "--json"]);
    expect(errorOf(back)).toMatchObject({ code: "CHANGED_COPY", exit: 4 });
    expect(errorOf(back).message).toContain("has only the schemas Plain*, extensions");
    expect(await shown(pair, plan.archive)).toMatchObject({
      dump: { changed: 'has only the schemas Plain*, extensions, "Mixed Case"' },
      manifest: { verified: { onlySchemas: ["plain", "extensions", "Mixed Case"] } },
    });
    // The source has other schemas, which is no difference. The dump lacks a table of a chosen one.
    for (const side of ["neon", "rds"] as const) {
      const { differences, notes } = await comparedWith(pair, plan.archive, side);
      expect(differences).toEqual([]);
      expect(notes[0]).toContain("the schemas plain, extensions, Mixed Case for the dump");
    }
    await pair.query("neon", "create table plain.later (id serial)");
    expect((await comparedWith(pair, plan.archive, "neon")).differences.length).toBeGreaterThan(2);
    await pair.query("neon", "drop table plain.later");
    // Together with the other filter, in place, over a target that is filtered already.
    const chickens = ["--exclude-table-data", "plain.all_types"];
    const inPlace = await succeeds(pair, ...filtered, ...chickens, "--in-place");
    expect(inPlace.result?.verified.find(({ table }) => table === "plain.all_types")).toMatchObject({
      rows: 0,
    });
    // The dump of the first one.
    const archive = [plan.archive, "--dry-run", "--json"];
    const toNeon2 = await sync(pair, ["restore", ...archive, "--to", "neon"]);
    expect(errorOf(toNeon2)).toMatchObject({ code: "CHANGED_COPY", exit: 4 });
    await pair.query("neon", "select pg_catalog.lo_unlink($1::oid)", [large?.oid]);
    await succeeds(pair, "neon-to-rds", "--yes");
    const unguarded = await sync(pair, ["restore", ...archive, "--to", "rds"]);
    expect(errorOf(unguarded)).toMatchObject({ code: "TARGET_UNFILTERED", exit: 4 });
    const restored = await sync(pair, ["restore", plan.archive, "--to", "rds", "--yes", "--allow-filtered"]);
    expect(restored.exitCode, restored.stderr).toBe(0);
    expect(await dumpOf(pair, "rds")).toBe(copied);
  },
);

const linked = `
  create schema a; create schema b;
  create table b.parent (id integer primary key);
  create type b.mood as enum ('x');
  create domain b.positive as integer check (value > 0);
  create function b.f() returns integer language sql immutable as 'select 1';
  create function b.f(n integer) returns integer language sql immutable as 'select n';
  create function b.fire() returns trigger language plpgsql as 'begin return new; end';
  create sequence b.numbers;
  create table a.keyed (id integer primary key references b.parent);
  create view a.seen as select id from b.parent;
  create materialized view a.kept as select b.f() as n;
  create table a.typed (one b.mood, many b.mood[], p b.positive);
  create table a.defaulted (i integer default b.f(), n integer default nextval('b.numbers'));
  create table a.heir () inherits (b.parent);
  create table a.parted (i integer) partition by range (i);
  create table b.part partition of a.parted for values from (0) to (10);
  create table a.fired (i integer, g integer generated always as (b.f(i)) stored, check (b.f(i) > 0));
  create trigger fires before insert on a.fired for each row execute function b.fire();
  create index by_f on a.fired (b.f(i));
  create policy allows on a.fired using (b.f() = 1);
  create function a.typed(x b.mood) returns b.positive language sql as 'select 1';
  create function a.atomic() returns integer language sql begin atomic select b.f(); end;
  create table b.refers (id integer references a.keyed, m a.typed);
  create view b.sees as select * from a.keyed;
  create table a.rows as select 1 as n`;

test.concurrent(
  "the error names the objects that the chosen schemas need, and not those that need the chosen schemas",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    for (const statement of linked.split(";\n")) await pair.query("neon", statement);
    const before = await footprint(pair);
    const args = ["neon-to-rds", "--dry-run", "--schema", "a"];
    const refusal = { exit: 4, code: "SCHEMAS_NEED_OTHERS", says: ["Add these schemas:  --schema b"] };
    const refused = await expectRefusal(pair, before, args, refusal);
    expect(errorOf(refused).details).toEqual([
      "column many of table a.typed needs type b.mood[]",
      "column one of table a.typed needs type b.mood",
      "column p of table a.typed needs type b.positive",
      "constraint fired_i_check on table a.fired needs function b.f(integer)",
      "constraint keyed_id_fkey on table a.keyed needs table b.parent",
      "default value for column g of table a.fired needs function b.f(integer)",
      "default value for column i of table a.defaulted needs function b.f()",
      "default value for column n of table a.defaulted needs sequence b.numbers",
      "function a.atomic() needs function b.f()",
      "function a.typed(b.mood) needs type b.mood",
      "function a.typed(b.mood) needs type b.positive",
      "index a.by_f needs function b.f(integer)",
      "materialized view a.kept needs function b.f()",
      "policy allows on table a.fired needs function b.f()",
      "table a.heir needs table b.parent",
      "table a.parted needs table b.part",
      "trigger fires on table a.fired needs function b.fire()",
      "view a.seen needs table b.parent",
    ]);
    await pair.query("neon", "create foreign data wrapper w");
    await pair.query("neon", "create server s foreign data wrapper w");
    await pair.query("neon", "create foreign table a.remote (i integer) server s");
    const both = ["neon-to-rds", "--dry-run", "--schema", "a", "--schema", "b"];
    const remote = { ...refusal, says: ["foreign table a.remote needs server s", "only without --schema"] };
    await expectRefusal(pair, await footprint(pair), both, remote);
    await pair.query("neon", "drop server s cascade");
    const flags = ["--allow-filtered", "--allow-shrink"];
    const chosen = ["neon-to-rds", "--yes", "--schema", "a", "--schema", "b", ...flags];
    // The verification finds a difference in a chosen schema. It does not read a schema that is left out.
    for (const schema of ["a", "c"]) {
      await pair.query("neon", `create schema if not exists ${schema}`);
      await pair.query(
        "neon",
        `create function ${schema}.moment(integer) returns text immutable language sql as 'select pg_catalog.clock_timestamp()::text'`,
      );
      await pair.query(
        "neon",
        `create table ${schema}.differs (i integer, at text generated always as (${schema}.moment(i)) stored)`,
      );
      await pair.query("neon", `insert into ${schema}.differs values (1)`);
    }
    const differs = await sync(pair, [...chosen, "--json"]);
    expect(errorOf(differs)).toMatchObject({
      code: "VERIFICATION_FAILED",
      exit: 6,
      state: "target-unchanged",
    });
    expect(errorOf(differs).details.join()).toContain("a.differs");
    await pair.query("neon", "drop table a.differs");
    // Only the source has the collation.
    await pair.query("neon", `update pg_collation set collname = 'only here' where collname = 'C.utf8'`);
    await pair.query("neon", `create table c.sorted (t text collate "only here")`);
    await pair.query("neon", `create table a.sorted (t text collate "only here")`);
    const collation = { exit: 4, code: "COLLATIONS_MISSING", says: ["only here"] };
    await expectRefusal(pair, await footprint(pair), chosen, collation);
    await pair.query("neon", "drop table a.sorted");
    await succeeds(pair, ...chosen);
    expect(await dumpOf(pair, "rds")).toBe(await dumpOf(pair, "neon", "--schema=a", "--schema=b"));
  },
);
