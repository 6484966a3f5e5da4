/**
 * A run that `kill -9` ends leaves databases and files. The next run repairs or removes them. A step before the swap does the same in both
 * directions, so the steps alternate between them. `restore-failures.int.test.ts` kills a restore at the same steps, each in the other
 * direction.
 */
import { createPair, type Pair, type Seed, type Side } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { describe, expect, test } from "vitest";
import { processesOf, signalWhen, until } from "./processes.ts";
import { pausedAtUpload } from "./proxies.ts";
import { contentOf, databasesOf, errorOf, leftFiles, sync } from "./support.ts";
import { isOpen, superuserOnRds } from "./untouched.ts";

const runTo = {
  neon: ["rds-to-neon", "--yes", "--verbose"],
  rds: ["neon-to-rds", "--yes", "--verbose"],
} as const;
const run = runTo.rds;

async function syncsAgain(pair: Pair, reported?: RegExp | string, target: Side = "rds"): Promise<void> {
  const next = await sync(pair, runTo[target]);
  expect(next.exitCode, next.stderr).toBe(0);
  if (reported !== undefined) expect(next.stderr).toMatch(reported);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  const [live, previous, ...others] = await databasesOf(pair, target);
  expect([live, others]).toEqual([pair[target].database, []]);
  expect(previous).toContain("__pl_old_");
  expect(await leftFiles(pair)).toEqual([]);
  await until(async () => (await processesOf(pair)).length === 0);
}

describe.concurrent("killed during", () => {
  for (const { step, when, source, target } of [
    { step: "the dump", when: /\$ \S*pg_dump .*--snapshot=/, source: "rds", target: "neon" },
    { step: "the loading of rows", when: /\$ \S*pg_restore .*--section=data/, source: "neon", target: "rds" },
    { step: "the restore", when: /\$ \S*pg_restore .*post-data/, source: "rds", target: "neon" },
    { step: "the verification", when: /^ {2}restore /m, source: "neon", target: "rds" },
    { step: "the upload", when: /^ {2}verify /m, source: "rds", target: "neon" },
  ] as const) {
    test(`${step}, the target ${target} is unchanged and the next run removes what is left`, async () => {
      const seeds = { [source]: "app", [target]: "stale" } as Record<Side, Seed>;
      await using pair = await createPair(testSandbox(), seeds);
      const previous = await contentOf(pair, target);
      // The sync waits at the upload of its dump.
      await using aws = await pausedAtUpload(pair, source);
      let printed = "";
      const { exitCode } = await sync(pair, runTo[target], {
        env: { AWS_ENDPOINT_URL: aws.url },
        onStderr: (text, child) => {
          printed += text;
          if (when.test(printed)) child.kill("SIGKILL");
        },
      });
      expect(exitCode).toBe(-1);
      expect(await contentOf(pair, target)).toBe(previous);
      expect(await leftFiles(pair)).toHaveLength(1);
      // The lock ends with its session, which the server ends a moment after the process.
      const staged = (await databasesOf(pair, target)).length > 1;
      const dropped = /dropped .*__pl_staging_\d+, which an interrupted sync left/;
      await syncsAgain(pair, staged ? dropped : undefined, target);
    });
  }
});

/** Runs statements in the maintenance database of the RDS cluster. */
async function maintain(...statements: string[]): Promise<void> {
  await using session = await superuserOnRds("postgres");
  for (const statement of statements) await session.client.query(statement);
}

/** Creates what a run leaves if it is killed during its swap: a staging database, and a closed target. Returns their names. */
async function closedByKill(pair: Pair) {
  const { database, role } = pair.rds;
  const staging = `${database}__pl_staging_20261122093000`;
  await maintain(
    `create database ${staging} owner ${role}`,
    `alter database ${database} allow_connections false`,
  );
  return { database, staging };
}

/** As `closedByKill`, but the target has the name of a previous target. */
async function namelessByKill(pair: Pair) {
  const { database, staging } = await closedByKill(pair);
  await using session = await superuserOnRds(staging);
  const { rows } = await session.client.query<{ oid: string }>(
    "select oid::text from pg_database where datname = current_database()",
  );
  const renamed = `${database}__pl_old_20261122093000_${rows[0]?.oid ?? ""}`;
  await maintain(`alter database ${database} rename to ${renamed}`);
  return { database, renamed };
}

describe.concurrent("killed during the swap", () => {
  test("after the target was closed: a dry run reports it, the next run opens the target again", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { database } = await closedByKill(pair);
    const dryRun = await sync(pair, ["neon-to-rds", "--dry-run", "--json"]);
    expect(dryRun.exitCode).toBe(4);
    expect(errorOf(dryRun)).toMatchObject({ code: "SYNC_INTERRUPTED" });
    expect(errorOf(dryRun).message).toContain(`${database} closed`);
    expect(errorOf(dryRun).hint).toContain("pnpm sync undo rds");
    await syncsAgain(pair, `an interrupted sync or undo had closed ${database}: it is open again`);
  });

  test("between the two renames: a dry run reports it, the next run gives the target its name again", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { database, renamed } = await namelessByKill(pair);
    const dryRun = await sync(pair, ["neon-to-rds", "--dry-run", "--json"]);
    expect(errorOf(dryRun)).toMatchObject({ code: "SYNC_INTERRUPTED", exit: 4 });
    expect(errorOf(dryRun).message).toContain(renamed);
    expect(errorOf(dryRun).hint).toContain("pnpm sync undo rds");
    await syncsAgain(
      pair,
      `an interrupted sync or undo had renamed ${database} to ${renamed}: it has the name ${database} again`,
    );
  });

  test("an undo gives the target its name again, and does nothing else", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const previous = await contentOf(pair, "rds");
    await namelessByKill(pair);
    const undone = await sync(pair, ["undo", "rds", "--yes"]);
    expect(undone.exitCode, undone.stderr).toBe(0);
    expect(await contentOf(pair, "rds")).toBe(previous);
  });

  test("an undo opens a target that is closed, and does nothing else", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    expect((await sync(pair, run)).exitCode).toBe(0);
    const { database } = await closedByKill(pair);
    const dryRun = await sync(pair, ["undo", "rds", "--dry-run", "--json"]);
    expect(errorOf(dryRun)).toMatchObject({ code: "SYNC_INTERRUPTED", exit: 4 });
    const undone = await sync(pair, ["undo", "rds", "--yes"]);
    expect(undone.exitCode, undone.stderr).toBe(0);
    expect(await isOpen(database)).toBe(true);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  });

  test("a command that reads a database without its name fails, and the hint names the undo that repairs the database", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const previous = await contentOf(pair, "rds");
    await namelessByKill(pair);
    const reading = await sync(pair, ["rds-to-neon", "--dry-run", "--json"]);
    expect(errorOf(reading)).toMatchObject({ code: "SYNC_INTERRUPTED", exit: 4 });
    expect(errorOf(reading).hint).toContain("pnpm sync undo rds");
    expect(await sync(pair, ["undo", "rds", "--yes"])).toMatchObject({ exitCode: 0 });
    expect(await contentOf(pair, "rds")).toBe(previous);
  });

  for (const { where, act } of [
    { where: "after it has closed the target", act: "closes" },
    { where: "between its two renames", act: "renames" },
  ] as const) {
    test(`an undo that is killed ${where} is repaired by the next run, in both directions`, async () => {
      await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
      expect((await sync(pair, run)).exitCode).toBe(0);
      const { database } = pair.rds;
      const synced = await contentOf(pair, "rds");
      const killUndo = async () => {
        const [, previous = ""] = await databasesOf(pair, "rds");
        // An undo may not end the session of a superuser, so its rename waits.
        await maintain(`alter database "${previous}" allow_connections true`);
        await using stubborn = await superuserOnRds(act === "closes" ? database : previous);
        await maintain(`alter database "${previous}" allow_connections false`);
        const reached = async () =>
          act === "closes"
            ? !(await isOpen(database))
            : (await databasesOf(pair, "rds")).some((name) => name.includes("__pl_undone_"));
        const { exitCode } = await sync(pair, ["undo", "rds", "--yes"], {
          onStart: signalWhen(reached, "SIGKILL"),
        });
        expect(exitCode).toBe(-1);
        // After the kill, the server continues the rename that it has begun. The rename must fail while the session still prevents it.
        const running = `select from pg_stat_activity where application_name = 'pilot-light' and datname = 'postgres' and strpos(query, $1) > 0`;
        await until(async () => (await stubborn.client.query(running, [database])).rowCount === 0);
      };
      await killUndo();
      const dryRun = await sync(pair, ["neon-to-rds", "--dry-run", "--json"]);
      expect(errorOf(dryRun)).toMatchObject({ code: "SYNC_INTERRUPTED", exit: 4 });
      const dryRunBack = await sync(pair, ["rds-to-neon", "--dry-run", "--json"]);
      expect(errorOf(dryRunBack)).toMatchObject({ code: "SYNC_INTERRUPTED", exit: 4 });
      // A sync in the other direction repairs it as its source.
      const back = await sync(pair, ["rds-to-neon", "--yes"]);
      expect(back.exitCode, back.stderr).toBe(0);
      expect(back.stderr).toContain("an interrupted sync or undo had");
      expect(await contentOf(pair, "rds")).toBe(synced);
      const [, previous = ""] = await databasesOf(pair, "rds");
      expect(await isOpen(previous)).toBe(false);
      await killUndo();
      await syncsAgain(pair, /an interrupted sync or undo had/);
    });
  }

  test("a target that a person closed remains closed", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await maintain(`alter database ${pair.rds.database} allow_connections false`);
    const refused = await sync(pair, [...run, "--json"]);
    expect(refused.exitCode).toBe(6);
    expect(errorOf(refused).code).toBe("NOT_ACCEPTING");
    expect(errorOf(refused).hint).toContain("pnpm sync undo rds --dry-run");
    expect(await isOpen(pair.rds.database)).toBe(false);
  });

  test("a target whose name a person has given to another database is not changed", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { database, renamed } = await namelessByKill(pair);
    await maintain(`create database ${database} owner ${pair.rds.role}`);
    const refused = await sync(pair, [...run, "--json"]);
    expect(refused.exitCode).toBe(4);
    expect(errorOf(refused)).toMatchObject({ code: "TARGET_UNCLEAR" });
    expect(errorOf(refused).message).toContain(renamed);
    expect(await databasesOf(pair, "rds")).toHaveLength(3);

    // The flag allows it: the sync replaces the database of the person, and keeps the one that had the name before.
    const allowed = await sync(pair, [...run, "--json", "--allow-recreated-target"]);
    expect(allowed.exitCode, allowed.stdout).toBe(0);
    expect(await databasesOf(pair, "rds")).toContain(renamed);
    const undone = await sync(pair, ["undo", "rds", "--yes", "--json"]);
    expect(undone.exitCode, undone.stdout).toBe(0);
    expect(await databasesOf(pair, "rds")).toContain(renamed);
  });
});
