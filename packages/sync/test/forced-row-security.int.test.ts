/** The verification disables row-level security that is forced on the owner. It must not wait for a pg_dump that waits for the verification. */
import { listDataTables } from "@pilot-light/core/inventory/tables";
import { openSession } from "@pilot-light/core/postgres/session";
import { connect } from "@pilot-light/sandbox/postgres/connect";
import { createPair, sandboxPassword } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { readingStaging } from "@pilot-light/sync/testing";
import { expect, test } from "vitest";
import { until } from "./processes.ts";

test("two tables with forced row-level security are read while another session locks both, as pg_dump does", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "empty" });
  const { port } = testSandbox().state.rds;
  const { database, role: user } = pair.rds;
  await using owner = await connect({ port, database, user, password: sandboxPassword });
  for (const table of ["one", "other"]) {
    await owner.client.query(`create table public.${table} as select generate_series(1, 3) as n`);
    await owner.client.query(
      `alter table public.${table} enable row level security, force row level security`,
    );
  }
  const endpoint = {
    system: "rds",
    host: "127.0.0.1",
    port,
    database,
    user,
    password: sandboxPassword,
  } as const;
  await using session = await openSession(
    { ...endpoint, tls: { mode: "disable" }, notes: [] },
    { failure: "target" },
  );
  const tables = (await listDataTables(session)).filter(({ hidesRows }) => hidesRows);
  expect(tables.map(({ name }) => name)).toEqual(["one", "other"]);

  // pg_dump locks its tables one after the other, in its own order, until its end.
  await using dump = await pair.connect("rds");
  await dump.client.query("begin; lock public.other in access share mode");
  const reading = readingStaging.fingerprint(session, tables, "checksums");
  const waits = "select from pg_locks where not granted and relation = 'public.other'::regclass";
  await until(async () => (await dump.client.query(waits)).rowCount !== 0);
  // The verification waits for the second table. If it still held the first one, this would be a deadlock.
  await dump.client.query("lock public.one in access share mode");
  await dump.client.query("commit");
  expect((await reading).map(({ rows }) => rows)).toEqual([3, 3]);
  const forced =
    "select relname from pg_class where relforcerowsecurity and relnamespace = 'public'::regnamespace order by 1";
  expect(await pair.query("rds", forced)).toEqual([{ relname: "one" }, { relname: "other" }]);
});
