/** Other sessions change the databases while a command runs. The result is correct, or an error states what changed; no row of the target is lost. */
import { fileURLToPath } from "node:url";
import { processEnvironment } from "@pilot-light/core/config/env";
import { runInTerminal } from "@pilot-light/sandbox/terminal";
import { createPair, type Pair, type Side } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { pausedAtUpload } from "./proxies.ts";
import { afterBackup, beforeDump } from "./refusal-cases.ts";
import { contentOf, databasesOf, documentOf, errorOf, sync, type Transcript } from "./support.ts";
import { expectRefusal, footprint, superuserOn } from "./untouched.ts";

const bin = fileURLToPath(new URL("../dist/bin.js", import.meta.url));

async function onServer(side: Side, ...statements: readonly string[]): Promise<void> {
  await using session = await superuserOn(side, "postgres");
  for (const statement of statements) await session.client.query(statement);
}

/** Runs a sync that waits at the upload of its dump until the copy is verified and `act` has ended. */
async function whenVerified(pair: Pair, target: Side, act: () => Promise<unknown>): Promise<Transcript> {
  const [direction, source] =
    target === "rds" ? (["neon-to-rds", "neon"] as const) : (["rds-to-neon", "rds"] as const);
  await using aws = await pausedAtUpload(pair, source);
  let printed = "";
  return await sync(pair, [direction, "--yes", "--json", "--allow-shrink"], {
    env: { AWS_ENDPOINT_URL: aws.url },
    onStderr: (text) => {
      const before = printed;
      printed += text;
      const isVerified = (output: string) => /^ {2}verify /m.test(output);
      if (isVerified(printed) && !isVerified(before)) void act().then(aws.goOn);
    },
  });
}

/** The databases of a server whose names begin with the name of a database that may no longer exist. */
async function serverDatabases(side: Side, database: string): Promise<string[]> {
  await using session = await superuserOn(side, "postgres");
  const { rows } = await session.client.query<{ name: string }>(
    "select datname::text as name from pg_database where starts_with(datname, $1) order by 1",
    [database],
  );
  return rows.map(({ name }) => name);
}

const stagingOf = async (pair: Pair, side: Side) =>
  (await databasesOf(pair, side)).find((name) => name.includes("__pl_staging_")) ?? "";

test.concurrent("a sync whose staging database was dropped leaves the target unchanged", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const before = await footprint(pair);
  const dropped = await whenVerified(pair, "rds", async () =>
    onServer("rds", `drop database ${await stagingOf(pair, "rds")} with (force)`),
  );
  const failure = { code: "DATABASE_RENAMED", exit: 6, state: "target-unchanged" };
  expect(errorOf(dropped)).toMatchObject(failure);
  expect(errorOf(dropped).message).toContain("another session dropped the database");
  expect(await footprint(pair)).toEqual(before);
});

test.concurrent(
  "settings and privileges that change during the uploads are those of the new target",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { database } = pair.rds;
    await pair.query("rds", "grant select on public.tags to app_reader");
    const done = await whenVerified(pair, "rds", async () => {
      await pair.query("rds", `alter database ${database} set statement_timeout = '7s'`);
      await pair.query("rds", "revoke all on public.tags from app_reader");
    });
    expect(done.exitCode, done.stderr).toBe(0);
    expect(await databasesOf(pair, "rds")).toHaveLength(2);
    const state =
      "select current_setting('statement_timeout') as timeout, has_table_privilege('app_reader', 'public.tags', 'select') as reads";
    expect(await pair.query("rds", state)).toEqual([{ timeout: "7s", reads: false }]);
  },
);

test.concurrent(
  "a target that was renamed is not replaced, nor is the database that got its name",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const before = await footprint(pair);
    const failure = { code: "DATABASE_RENAMED", exit: 6, state: "target-unchanged" };
    const { database } = pair.rds;
    const renamed = await whenVerified(pair, "rds", () =>
      onServer("rds", `alter database ${database} rename to ${database}_kept`),
    );
    expect(errorOf(renamed)).toMatchObject(failure);
    const [, statement = ""] = errorOf(renamed).hint.split(/ {2,}/);
    expect(await serverDatabases("rds", database)).toEqual([`${database}_kept`]);
    await onServer("rds", statement);
    expect(await footprint(pair)).toEqual(before);

    const { database: live, role } = pair.neon;
    const taken = await whenVerified(pair, "neon", async () => {
      await onServer(
        "neon",
        `alter database ${live} rename to ${live}_kept`,
        `create database ${live} owner ${role}`,
      );
      await pair.query("neon", "create table public.precious as select 1 as n");
    });
    expect(errorOf(taken)).toMatchObject(failure);
    expect(errorOf(taken).details.join()).toContain(`Another database has the name ${live} now`);
    expect(await pair.query("neon", "select n from public.precious")).toEqual([{ n: 1 }]);
    expect(await databasesOf(pair, "neon")).toEqual([live, `${live}_kept`]);
    await onServer("neon", `drop database ${live}`, `alter database ${live}_kept rename to ${live}`);
    expect(await footprint(pair)).toEqual(before);
  },
);

test.concurrent(
  "what changes while the prompt waits is not copied as if the plan had stated it",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const previous = await contentOf(pair, "rds");
    const answering = async (args: readonly string[], meanwhile: () => Promise<unknown>) =>
      await runInTerminal(
        [process.execPath, bin, ...args],
        { environment: { ...processEnvironment(), ...pair.env } },
        {
          question: "to continue:",
          answer: async () => {
            await meanwhile();
            return `${pair.rds.database}\r`;
          },
        },
      );
    // The rows of the new table must not reach RDS.
    const filters = ["--exclude-table-data", "session*", "--allow-filtered"];
    const filtered = await answering(["neon-to-rds", ...filters], () =>
      pair.query("neon", "create table public.sessions_2027 as select 'secret' as token"),
    );
    expect(filtered.exitCode, filtered.output).toBe(5);
    expect(filtered.output).toMatch(/table public\.sessions_2027[^]*FILTER_OUTDATED/);
    const schemas = await answering(["neon-to-rds", "--schema", "p*", "--allow-filtered"], () =>
      pair.query("neon", "create schema private"),
    );
    expect(schemas.exitCode, schemas.output).toBe(5);
    expect(schemas.output).toMatch(/schema private[^]*FILTER_OUTDATED/);
    // Another database gets the name of the source.
    const { database } = pair.neon;
    const other = await answering(["neon-to-rds"], () =>
      onServer(
        "neon",
        `alter database ${database} rename to ${database}_kept`,
        `create database ${database} owner ${pair.neon.role}`,
      ),
    );
    expect(other.exitCode, other.output).toBe(5);
    expect(other.output).toContain("DATABASE_RENAMED");
    expect(await contentOf(pair, "rds")).toBe(previous);
    expect(await databasesOf(pair, "rds")).toEqual([pair.rds.database]);
  },
);

test.concurrent(
  "a column that gets the name of another one before pg_dump has its locks is not copied",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await pair.query("neon", "create table public.prices as select 1 as id, 10 as price");
    const before = await contentOf(pair, "rds");
    // Without the check, the copy would have a column without values, and would not have the column with the values.
    const env = await beforeDump({ pair }, () =>
      pair.query(
        "neon",
        "alter table public.prices rename column price to gross; alter table public.prices add column price int",
      ),
    );
    const failed = await sync(pair, ["neon-to-rds", "--yes", "--json"], { env });
    expect(errorOf(failed)).toMatchObject({
      code: "SOURCE_REWRITTEN",
      exit: 5,
      details: ["public.prices"],
      state: "target-unchanged",
    });
    expect(await contentOf(pair, "rds")).toBe(before);
  },
);

test.concurrent(
  "in place, rows that other sessions write to a table of another role are not lost",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { role, database } = pair.rds;
    const other = `${database}_other`;
    await pair.query("rds", `create role ${other}`);
    // The owner of a schema may drop every table in it.
    await pair.query("rds", `create schema ours authorization ${role}; grant all on schema ours to ${other}`);
    await pair.query(
      "rds",
      `set role ${other}; create table ours.theirs (n int); grant select on ours.theirs to ${role}`,
    );
    const args = ["neon-to-rds", "--in-place", "--yes", "--allow-shrink"];
    const says = ["table ours.theirs belongs to", `grant "${other}" to "${role}";`];
    await expectRefusal(pair, await footprint(pair), args, { exit: 4, code: "CANNOT_EMPTY", says });
    await pair.query("rds", `grant delete on ours.theirs to ${role}`);
    let written: unknown;
    const env = await afterBackup({ pair }, async () => {
      const insert = "begin; set local lock_timeout = '1s'; insert into ours.theirs values (1); commit";
      written = await pair.query("rds", insert).catch((error: unknown) => error);
    });
    const done = await sync(pair, args, { env });
    expect(done.exitCode, done.stderr).toBe(0);
    expect(String(written)).toContain("lock timeout");
    await pair.query("rds", `drop role ${other}`);
  },
);

test.concurrent(
  "a warning names the rows that an application writes to the target after its backup",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "app" });
    const count = "select count(*)::int as rows from public.tags";
    const [before] = await pair.query("neon", count);
    const synced = await whenVerified(pair, "neon", () =>
      pair.query("neon", "insert into public.tags (name) values ('late')"),
    );
    expect(synced.exitCode, synced.stderr).toBe(0);
    const { result } = documentOf(synced);
    expect(result?.warnings).toEqual([
      `applications wrote to the target after its backup had begun: public.tags (1 row). Only ${String(result?.previous)} holds these rows, and the next sync drops it. To return to it:  pnpm sync undo neon`,
    ]);
    expect(await pair.query("neon", count)).toEqual([before]);
    expect((await sync(pair, ["undo", "neon", "--yes"])).exitCode).toBe(0);
    expect(await pair.query("neon", count)).toEqual([{ rows: Number(before?.["rows"]) + 1 }]);
  },
);
