/** Large tables on a slow line are loaded with several COPY statements, among which this process distributes the rows. */
import { appendFile, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GrowingFile } from "@pilot-light/core/async/growing-file";
import { processEnvironment } from "@pilot-light/core/config/env";
import { readArchive } from "@pilot-light/core/inventory/archive";
import { Printer } from "@pilot-light/core/output/printer";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { openSession } from "@pilot-light/core/postgres/session";
import { run } from "@pilot-light/core/process";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { LoadProgress, loadRows } from "@pilot-light/sync/load-rows";
import { nameOfRelation } from "@pilot-light/sync/testing";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "./processes.ts";
import { clientPrograms } from "./support.ts";

/** Names and values that a script of pg_restore could be read wrongly by. */
const columns = String.raw`id int, "a
FROM stdin;" text, "b""\." text`;

const awkward = String.raw`
  select i, case i % 7 when 0 then null when 1 then '\.' when 2 then E'\n\\.\n' when 3 then E'\r\n\t' when 4 then '' when 5 then repeat('ä', i % 3000) else 'COPY' end,
         case when i in (500, 40000) then repeat('x', 300000) else '\N' end
    from generate_series(1, 60000) as i`;

let pair: Pair;
let file: string;

const endpointOf = (side: "neon" | "rds"): Endpoint => {
  const url = new URL(pair[side].url);
  return {
    system: side,
    host: url.hostname,
    port: Number(url.port),
    database: pair[side].database,
    user: url.username,
    password: decodeURIComponent(url.password),
    tls: { mode: "disable" },
    notes: [],
  };
};

beforeAll(async () => {
  pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  await pair.query("neon", `create schema "s.1"; create table "s.1"."large ; --" (${columns})`);
  await pair.query("neon", `insert into "s.1"."large ; --" ${awkward}`);
  file = join(pair.env["TMPDIR"] ?? "", "large.dump");
  const { pgDump } = await clientPrograms();
  const args = ["--format=custom", "--compress=1", `--file=${file}`, '--table="s.1"."large ; --"'];
  const { exitCode } = await run(pgDump, [...args, pair.neon.adminUrl], {
    environment: processEnvironment(),
  });
  expect(exitCode).toBe(0);
});
afterAll(() => pair.dispose());

beforeEach(async () => {
  await pair.query("rds", `create schema "s.1"; create table "s.1"."large ; --" (${columns})`);
  await pair.query("rds", `alter schema "s.1" owner to ${pair.rds.role}`);
  await pair.query("rds", `alter table "s.1"."large ; --" owner to ${pair.rds.role}`);
});
afterEach(() => pair.query("rds", `drop schema "s.1" cascade`));

/** Loads the rows of a dump with three COPY statements. */
async function load(dump: GrowingFile, signal = new AbortController().signal): Promise<void> {
  const target = endpointOf("rds");
  const environment = { ...processEnvironment(), ...pair.env };
  const libpq = {
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSER: target.user,
    PGPASSWORD: target.password,
  };
  const printer = new Printer({ environment, verbose: false, json: true, color: false });
  const job = {
    target,
    staging: target.database,
    workDirectory: pair.env["TMPDIR"],
    programs: await clientPrograms(),
  };
  const context = { job, environment, printer, signal, libpq: { target: { ...environment, ...libpq } } };
  const { entries } = await readArchive(file);
  const data = entries.filter(({ section }) => section === "data");
  const plan = { copies: new Map([[nameOfRelation("s.1", "large ; --"), 3]]), runs: 1, sessions: 3 };
  const sessions = await Promise.all([1, 2, 3].map(() => openSession(target, { failure: "target" })));
  try {
    const source = { file: dump, data, progress: new LoadProgress() };
    await loadRows(source, plan, sessions, context as unknown as Parameters<typeof loadRows>[3]);
  } finally {
    await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()));
  }
}

function complete(path: string): GrowingFile {
  const dump = new GrowingFile(path);
  dump.complete();
  return dump;
}

const contents = `select count(*), count(distinct id), sum(hashtextextended(t::text, 0)) from "s.1"."large ; --" t`;
/** Each COPY is a transaction. */
const transactions = `select count(distinct xmin::text)::int as n from "s.1"."large ; --"`;

test("every row arrives once and unchanged, and each COPY loads some of them", async () => {
  await load(complete(file));
  expect(await pair.query("rds", contents)).toEqual(await pair.query("neon", contents));
  expect(await pair.query("rds", transactions)).toEqual([{ n: 3 }]);
});

test("a row that the target refuses is reported as pg_restore reports it", async () => {
  await pair.query("rds", `alter table "s.1"."large ; --" add constraint small check (id < 59990)`);
  await expect(load(complete(file))).rejects.toMatchObject({
    code: "RESTORE_FAILED",
    details: expect.arrayContaining([
      expect.stringContaining('violates check constraint "small"'),
    ]) as string[],
  });
  expect(await pair.query("rds", `select count(*)::int as n from "s.1"."large ; --"`)).toEqual([{ n: 0 }]);
});

/** The dump as far as pg_dump has written it. */
async function halfOf(name: string): Promise<{ dump: GrowingFile; writeRest: () => Promise<void> }> {
  const path = join(pair.env["TMPDIR"] ?? "", name);
  const bytes = await readFile(file);
  const half = Math.floor(bytes.length / 2);
  await writeFile(path, bytes.subarray(0, half));
  const dump = new GrowingFile(path);
  const writeRest = async () => {
    await appendFile(path, bytes.subarray(half));
    dump.complete();
  };
  return { dump, writeRest };
}

const copying = `select pid from pg_stat_activity where query like 'COPY%' and state = 'active' and datname = current_database()`;

test("if the server ends one COPY, pg_restore loads the rows once more", async () => {
  const { dump, writeRest } = await halfOf("ended.dump");
  const loading = load(dump);
  await until(async () => (await pair.query("rds", copying)).length === 3);
  await pair.query("rds", `select pg_terminate_backend(pid) from (${copying} limit 1) as one`);
  await writeRest();
  await loading;
  expect(await pair.query("rds", contents)).toEqual(await pair.query("neon", contents));
  expect(await pair.query("rds", transactions)).toEqual([{ n: 1 }]);
});

test("an interruption ends all COPY statements, and no row is loaded", async () => {
  const { dump } = await halfOf("interrupted.dump");
  const interruption = new AbortController();
  const loading = load(dump, interruption.signal);
  await until(async () => (await pair.query("rds", copying)).length === 3);
  interruption.abort(new Error("interrupted"));
  await expect(loading).rejects.toThrow("interrupted");
  await until(async () => (await pair.query("rds", copying)).length === 0);
  expect(await pair.query("rds", `select count(*)::int as n from "s.1"."large ; --"`)).toEqual([{ n: 0 }]);
});

test("a dump that ends within the rows fails, and no row is loaded", async () => {
  const path = join(pair.env["TMPDIR"] ?? "", "truncated.dump");
  await writeFile(path, await readFile(file));
  await using handle = await open(path, "r+");
  await handle.truncate(Math.floor((await handle.stat()).size / 2));
  await expect(load(complete(path))).rejects.toMatchObject({ code: "RESTORE_FAILED" });
  expect(await pair.query("rds", `select count(*)::int as n from "s.1"."large ; --"`)).toEqual([{ n: 0 }]);
});
