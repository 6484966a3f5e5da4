/** No two syncs write to one target, and no sync replaces a database that another one reads. */
import { connect } from "@pilot-light/sandbox/postgres/connect";
import { tcpProxy } from "@pilot-light/sandbox/postgres/tcp-proxy";
import { createPair, sandboxPassword, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { describe, expect, test } from "vitest";
import { until } from "./processes.ts";
import { pausedAtUpload } from "./proxies.ts";
import { contentOf, databasesOf, errorOf, sync } from "./support.ts";
import { expectRefusal, footprint } from "./untouched.ts";

test("while a sync runs, the same sync, the opposite sync and an undo are refused, and the running sync succeeds", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  await using emulator = await pausedAtUpload(pair);
  const first = sync(pair, ["neon-to-rds", "--yes"], { env: { AWS_ENDPOINT_URL: emulator.url } });
  await Promise.race([emulator.reached, first]);
  for (const args of [
    ["neon-to-rds", "--yes"],
    ["rds-to-neon", "--yes"],
    ["undo", "rds", "--yes"],
  ]) {
    const transcript = await sync(pair, [...args, "--json"]);
    expect(transcript.exitCode).toBe(4);
    const { code, message, hint } = errorOf(transcript);
    expect(code).toBe("SYNC_RUNNING");
    expect(message).toMatch(new RegExp(`${pair.neon.database}|${pair.rds.database}`));
    expect(message).toMatch(/since 20\d\d-.* UTC, from 127\.0\.0\.1/);
    expect(hint).not.toBe("");
  }
  const dryRun = await sync(pair, ["neon-to-rds", "--dry-run"]);
  expect(dryRun.exitCode, dryRun.stderr).toBe(0);
  emulator.goOn();
  expect(await first).toMatchObject({ exitCode: 0 });
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  expect(await databasesOf(pair, "rds")).toHaveLength(2);
});

test("of two syncs that start at the same moment, at most one succeeds, and each database has one of the two contents", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const before = await Promise.all([contentOf(pair, "neon"), contentOf(pair, "rds")]);
  const results = await Promise.all([
    sync(pair, ["neon-to-rds", "--yes", "--json"]),
    sync(pair, ["rds-to-neon", "--yes", "--json"]),
  ]);
  for (const transcript of results.filter(({ exitCode }) => exitCode !== 0)) {
    expect(errorOf(transcript).code).toBe("SYNC_RUNNING");
  }
  const now = await Promise.all([contentOf(pair, "neon"), contentOf(pair, "rds")]);
  const [toRds, toNeon] = results.map(({ exitCode }) => exitCode === 0);
  if (toRds === toNeon) expect([toRds, now]).toEqual([false, before]);
  else expect(now).toEqual(toRds === true ? [before[0], before[0]] : [before[1], before[1]]);
});

test("a sync respects a lock that another session holds, until that session ends", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const before = await footprint(pair);
  const { port } = testSandbox().state.rds;
  {
    await using holder = await connect({
      port,
      database: "postgres",
      user: pair.rds.role,
      password: sandboxPassword,
    });
    await holder.client.query("select pg_advisory_lock(hashtextextended('pilot-light sync ' || $1, 0))", [
      pair.rds.database,
    ]);
    const says = ["target", pair.rds.database, "Wait"];
    await expectRefusal(pair, before, ["neon-to-rds", "--yes"], { exit: 4, code: "SYNC_RUNNING", says });
  }
  expect(await sync(pair, ["neon-to-rds", "--yes"])).toMatchObject({ exitCode: 0 });
});

describe("a killed sync whose proxy keeps its connection open", () => {
  /** Kills a sync after it has taken its locks. Then calls `work` while the proxy keeps the connection open. */
  async function whileAbandoned(seconds: string, work: (pair: Pair) => Promise<void>): Promise<void> {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await using rds = await tcpProxy(testSandbox().state.rds.port);
    const { exitCode } = await sync(pair, ["neon-to-rds", "--yes"], {
      env: { RDS_HOSTADDR: `127.0.0.1:${rds.port}`, PILOT_LIGHT_STALL_SECONDS: seconds },
      onStderr: (text, child) => {
        if (!/^ {2}dump /m.test(text)) return;
        rds.stall();
        child.kill("SIGKILL");
      },
    });
    expect(exitCode).toBe(-1);
    await work(pair);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
    expect(await databasesOf(pair, "rds")).toHaveLength(2);
  }

  test("the next sync names the session of the killed one, and the statement that ends the session", async () => {
    await whileAbandoned("180", async (pair) => {
      const refused = errorOf(await sync(pair, ["neon-to-rds", "--yes", "--json"]));
      expect(refused).toMatchObject({ code: "SYNC_RUNNING", exit: 4, state: "nothing-written" });
      const [, pid = ""] =
        /\(session (\d+), since 20\d\d-.* UTC, from 127\.0\.0\.1/.exec(refused.message) ?? [];
      const [statement = ""] = /select pg_terminate_backend\(\d+\);$/.exec(refused.hint) ?? [];
      expect(statement).toContain(`(${pid})`);
      await using owner = await pair.connect("rds", "owner");
      await owner.client.query(statement);
      const next = await sync(pair, ["neon-to-rds", "--yes"]);
      expect(next.exitCode, next.stderr).toBe(0);
    });
  });

  test("the session of the killed sync ends by itself, and the next sync succeeds", async () => {
    await whileAbandoned("1", async (pair) => {
      await until(async () => {
        const next = await sync(pair, ["neon-to-rds", "--yes"]);
        expect(next.exitCode === 0 || next.stderr.includes("SYNC_RUNNING"), next.stderr).toBe(true);
        return next.exitCode === 0;
      });
    });
  });
});
