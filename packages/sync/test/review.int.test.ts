/** Ways to lose data that a review of the sync found, each as it was reproduced. */
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { until } from "./processes.ts";
import { contentOf, databasesOf, errorOf, keysOf, sync } from "./support.ts";
import { isOpen, superuserOnRds } from "./untouched.ts";

test.concurrent(
  "a table that is reloaded by TRUNCATE while it is read is no copy: the target stays as it was",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const former = await contentOf(pair, "rds");
    await using writer = await pair.connect("neon", "owner");
    const fill = "insert into public.rates select g from generate_series(1, 1000) g";
    await writer.client.query(`create table public.rates (id int); ${fill}`);
    const stopping = new AbortController();
    const writing = (async () => {
      while (!stopping.signal.aborted) {
        await writer.client.query(`begin; truncate public.rates; ${fill}; select pg_sleep(0.1); commit`);
      }
    })();
    const reloading = await sync(pair, ["neon-to-rds", "--yes", "--json"]);
    stopping.abort();
    await writing;
    expect(reloading.exitCode, reloading.stdout).toBe(5);
    expect(errorOf(reloading)).toMatchObject({ code: "SOURCE_REWRITTEN", details: ["public.rates"] });
    expect(await contentOf(pair, "rds")).toBe(former);

    expect(await sync(pair, ["neon-to-rds", "--yes"])).toMatchObject({ exitCode: 0 });
    expect(await pair.query("rds", "select count(*)::int as n from public.rates")).toEqual([{ n: 1000 }]);
  },
);

/** Runs a sync whose second rename waits for a session that nobody may end; `act` happens between the two. */
async function between(pair: Pair, act: () => Promise<void>) {
  const { database } = pair.rds;
  // Not through the pair: its sessions are in the database that loses its name.
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
  "the session beside the target is lost between the two names: the target has its name again",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const former = await contentOf(pair, "rds");
    const { database } = pair.rds;
    const transcript = await between(pair, async () => {
      await using admin = await superuserOnRds("postgres");
      await admin.client.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pilot-light' and datname = 'postgres' and query like $1",
        [`alter database "${database}__pl_staging_%`],
      );
    });
    expect(transcript.exitCode, transcript.stdout).toBe(6);
    expect(errorOf(transcript).code).toBe("SWAP_FAILED");
    expect(await isOpen(database)).toBe(true);
    expect(await contentOf(pair, "rds")).toBe(former);
  },
);

test.concurrent(
  "a database that somebody makes under the target's name: nothing is dropped, by the next run neither",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { database, role } = pair.rds;
    const transcript = await between(pair, async () => {
      await using admin = await superuserOnRds("postgres");
      await admin.client.query(`create database "${database}" owner "${role}"`);
    });
    expect(transcript.exitCode, transcript.stdout).toBe(6);
    expect(errorOf(transcript).code).toBe("SWAP_BROKEN");
    expect(await keysOf(pair)).toHaveLength(3);
    const there = await databasesOf(pair, "rds");
    expect(there).toHaveLength(3);

    for (const args of [["--yes"], ["--dry-run"]]) {
      const next = await sync(pair, ["neon-to-rds", "--json", ...args]);
      expect(next.exitCode).toBe(4);
      expect(errorOf(next).code).toBe("TARGET_UNCLEAR");
      expect(await databasesOf(pair, "rds")).toEqual(there);
    }
  },
);
