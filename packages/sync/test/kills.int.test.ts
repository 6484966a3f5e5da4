/** `kill -9` and its like leave things behind: the next run puts them right. */
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { describe, expect, test } from "vitest";
import { processesOf, until } from "./processes.ts";
import { pausedAtUpload } from "./proxies.ts";
import { contentOf, databasesOf, errorOf, leftFiles, sync } from "./support.ts";
import { isOpen, superuserOnRds } from "./untouched.ts";

const run = ["neon-to-rds", "--yes", "--verbose"];

async function syncsAgain(pair: Pair, said?: RegExp | string): Promise<void> {
  const next = await sync(pair, run);
  expect(next.exitCode, next.stderr).toBe(0);
  if (said !== undefined) expect(next.stderr).toMatch(said);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  const [live, former, ...others] = await databasesOf(pair, "rds");
  expect([live, others]).toEqual([pair.rds.database, []]);
  expect(former).toContain("__pl_old_");
  expect(await leftFiles(pair)).toEqual([]);
  await until(async () => (await processesOf(pair)).length === 0);
}

describe.concurrent("killed during", () => {
  for (const { step, when } of [
    { step: "the dump", when: /\$ \S*pg_dump .*--snapshot=/ },
    { step: "the restore", when: /\$ \S*pg_restore .*--jobs=/ },
    { step: "the verification", when: /^ {2}restore /m },
    { step: "the upload", when: /^ {2}verify /m },
  ]) {
    test(`${step}, the target is as it was and the next run removes what was left`, async () => {
      await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
      const former = await contentOf(pair, "rds");
      // It does not get beyond the upload of its dump.
      await using aws = await pausedAtUpload(pair);
      let printed = "";
      const { exitCode } = await sync(pair, run, {
        env: { AWS_ENDPOINT_URL: aws.url },
        onStderr: (text, child) => {
          printed += text;
          if (when.test(printed)) child.kill("SIGKILL");
        },
      });
      expect(exitCode).toBe(-1);
      expect(await contentOf(pair, "rds")).toBe(former);
      expect(await leftFiles(pair)).toHaveLength(1);
      // The lock goes with its session, which the server ends a moment after the process.
      const staged = (await databasesOf(pair, "rds")).length > 1;
      await syncsAgain(pair, staged ? /removed .*__pl_staging_\d+, left by an interrupted sync/ : undefined);
    });
  }
});

/** Runs statements beside the pair's RDS database. */
async function beside(...statements: string[]): Promise<void> {
  await using session = await superuserOnRds("postgres");
  for (const statement of statements) await session.client.query(statement);
}

/** What a run that is killed during its exchange leaves: a staging database, and the target closed. Returns their names. */
async function closedByKill(pair: Pair) {
  const { database, role } = pair.rds;
  const staging = `${database}__pl_staging_20261122093000`;
  await beside(
    `create database ${staging} owner ${role}`,
    `alter database ${database} allow_connections false`,
  );
  return { database, staging };
}

/** As `closedByKill`, and the target has given up its name. */
async function namelessByKill(pair: Pair) {
  const { database, staging } = await closedByKill(pair);
  await using session = await superuserOnRds(staging);
  const { rows } = await session.client.query<{ oid: string }>(
    "select oid::text from pg_database where datname = current_database()",
  );
  const former = `${database}__pl_old_20261122093000_${rows[0]?.oid ?? ""}`;
  await beside(`alter database ${database} rename to ${former}`);
  return { database, former };
}

describe.concurrent("killed during the exchange", () => {
  test("after the target was closed: a dry run says so, the next run opens it again", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { database } = await closedByKill(pair);
    const looked = await sync(pair, ["neon-to-rds", "--dry-run", "--json"]);
    expect(looked.exitCode).toBe(4);
    expect(errorOf(looked)).toMatchObject({ code: "SYNC_INTERRUPTED" });
    expect(errorOf(looked).message).toContain(`${database} closed`);
    expect(errorOf(looked).hint).toContain("pnpm sync undo rds");
    await syncsAgain(pair, `an interrupted sync had closed ${database}: opened again`);
  });

  test("between the two renames: a dry run says so, the next run gives the former target its name back", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { database, former } = await namelessByKill(pair);
    const looked = await sync(pair, ["neon-to-rds", "--dry-run", "--json"]);
    expect(errorOf(looked)).toMatchObject({ code: "SYNC_INTERRUPTED", exit: 4 });
    expect(errorOf(looked).message).toContain(former);
    expect(errorOf(looked).hint).toContain("pnpm sync undo rds");
    await syncsAgain(
      pair,
      `an interrupted sync had left ${database} without its name: ${former} has it again`,
    );
  });

  test("an undo puts it right as well, and goes not one step further", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const former = await contentOf(pair, "rds");
    await namelessByKill(pair);
    const undone = await sync(pair, ["undo", "rds", "--yes"]);
    expect(undone.exitCode, undone.stderr).toBe(0);
    expect(await contentOf(pair, "rds")).toBe(former);
  });

  test("an undo opens a target that was left closed, and goes not one step further", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    expect((await sync(pair, run)).exitCode).toBe(0);
    const { database } = await closedByKill(pair);
    const looked = await sync(pair, ["undo", "rds", "--dry-run", "--json"]);
    expect(errorOf(looked)).toMatchObject({ code: "SYNC_INTERRUPTED", exit: 4 });
    const undone = await sync(pair, ["undo", "rds", "--yes"]);
    expect(undone.exitCode, undone.stderr).toBe(0);
    expect(await isOpen(database)).toBe(true);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  });

  test("whoever reads a database that has lost its name is led to the undo that gives it back", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const former = await contentOf(pair, "rds");
    await namelessByKill(pair);
    const reading = await sync(pair, ["rds-to-neon", "--dry-run", "--json"]);
    expect(errorOf(reading)).toMatchObject({ code: "DATABASE_MISSING", exit: 5 });
    expect(errorOf(reading).hint).toContain("pnpm sync undo rds");
    expect(errorOf(reading).hint).not.toContain("or create");
    expect(await sync(pair, ["undo", "rds", "--yes"])).toMatchObject({ exitCode: 0 });
    expect(await contentOf(pair, "rds")).toBe(former);
  });

  test("a target that was closed by hand stays closed", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await beside(`alter database ${pair.rds.database} allow_connections false`);
    const refused = await sync(pair, [...run, "--json"]);
    expect(refused.exitCode).toBe(6);
    expect(errorOf(refused).code).toBe("NOT_ACCEPTING");
    expect(errorOf(refused).hint).toContain("pnpm sync undo rds --dry-run");
    expect(await isOpen(pair.rds.database)).toBe(false);
  });

  test("a target whose name somebody has given to another database is not touched", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { database, former } = await namelessByKill(pair);
    await beside(`create database ${database} owner ${pair.rds.role}`);
    const refused = await sync(pair, [...run, "--json"]);
    expect(refused.exitCode).toBe(4);
    expect(errorOf(refused)).toMatchObject({ code: "TARGET_UNCLEAR" });
    expect(errorOf(refused).message).toContain(former);
    expect(await databasesOf(pair, "rds")).toHaveLength(3);
  });
});
