/** Faults between the two renames of a swap, when no database has the target's name. */
import { tcpProxy } from "@pilot-light/sandbox/postgres/tcp-proxy";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { until } from "./processes.ts";
import { contentOf, databasesOf, errorOf, keysOf, sync } from "./support.ts";
import { isOpen, superuserOnRds } from "./untouched.ts";

/** Runs a sync, and calls `act` between its two renames. The sync may not end the session of a superuser, which delays the second rename. */
async function between(pair: Pair, act: () => Promise<void>) {
  const { database } = pair.rds;
  // Sessions of the pair are connected to the database that is renamed, so this one is not one of them.
  await using admin = await superuserOnRds("postgres");
  const named = async (part: string) => {
    const found = await admin.client.query<{ datname: string }>(
      "select datname from pg_database where starts_with(datname, $1)",
      [`${database}${part}`],
    );
    return found.rows[0]?.datname;
  };
  const syncing = sync(pair, ["neon-to-rds", "--yes", "--json"]);
  await until(async () => (await named("__pl_staging_")) !== undefined);
  await using stubborn = await superuserOnRds((await named("__pl_staging_")) ?? database);
  await until(async () => (await named("__pl_old_")) !== undefined);
  await act();
  const transcript = await syncing;
  await stubborn[Symbol.asyncDispose]();
  return transcript;
}

test.concurrent(
  "if the maintenance session is lost between the two renames, the target gets its name again",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const previous = await contentOf(pair, "rds");
    const { database } = pair.rds;
    const transcript = await between(pair, async () => {
      await using admin = await superuserOnRds("postgres");
      await admin.client.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pilot-light' and datname = 'postgres' and query like $1",
        [`alter database "${database}__pl_staging_%`],
      );
    });
    expect(transcript.exitCode, transcript.stdout).toBe(6);
    expect(errorOf(transcript)).toMatchObject({ code: "SWAP_FAILED", state: "target-unchanged" });
    expect(await isOpen(database)).toBe(true);
    expect(await contentOf(pair, "rds")).toBe(previous);
  },
);

test.concurrent(
  "if another database is created under the target's name, neither this run nor the next one drops a database",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { database, role } = pair.rds;
    const transcript = await between(pair, async () => {
      await using admin = await superuserOnRds("postgres");
      await admin.client.query(`create database "${database}" owner "${role}"`);
    });
    expect(transcript.exitCode, transcript.stdout).toBe(6);
    expect(errorOf(transcript)).toMatchObject({ code: "SWAP_BROKEN", state: "unknown" });
    // Archive and backup, the manifest of the backup, and the draft of the archive's.
    expect(await keysOf(pair)).toHaveLength(4);
    const existing = await databasesOf(pair, "rds");
    expect(existing).toHaveLength(3);

    for (const args of [["--yes"], ["--dry-run"]]) {
      const next = await sync(pair, ["neon-to-rds", "--json", ...args]);
      expect(next.exitCode).toBe(4);
      expect(errorOf(next)).toMatchObject({ code: "TARGET_UNCLEAR", state: "nothing-written" });
      expect(await databasesOf(pair, "rds")).toEqual(existing);
    }
  },
);

test.concurrent(
  "if the line is lost while the server waits to rename the target, it does not rename it later",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const previous = await contentOf(pair, "rds");
    const { database } = pair.rds;
    await using admin = await superuserOnRds("postgres");
    await using line = await tcpProxy(testSandbox().state.rds.port);
    // The server waits some seconds for this session, which the sync may not end.
    const stubborn = await superuserOnRds(database);
    const env = { RDS_HOSTADDR: `127.0.0.1:${line.port}` };
    const syncing = sync(pair, ["neon-to-rds", "--yes", "--json"], { env });
    const renaming = async () => {
      const { rows } = await admin.client.query(
        "select 1 from pg_stat_activity where application_name = 'pilot-light' and state = 'active' and query like $1",
        [`alter database "${database}" rename to %`],
      );
      return rows.length > 0;
    };
    await until(renaming);
    line.cut();
    const transcript = await syncing;
    await stubborn[Symbol.asyncDispose]();
    expect(errorOf(transcript)).toMatchObject({ code: "SWAP_FAILED", state: "target-unchanged" });
    await until(async () => !(await renaming()));
    expect(await isOpen(database)).toBe(true);
    expect(await contentOf(pair, "rds")).toBe(previous);
  },
);
