/** `pnpm sync undo`: no dump of the undone database exists, so no later sync may drop it. */
import { neonHost } from "@pilot-light/sandbox/names";
import { startNeonApi } from "@pilot-light/sandbox/neon-api";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { adminLogin } from "@pilot-light/sandbox/postgres/cluster";
import { connect } from "@pilot-light/sandbox/postgres/connect";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { contentOf, databasesOf, documentOf, errorOf, keysOf, objectOf, sync } from "./support.ts";
import { awsProxy } from "./proxies.ts";
import { superuserOnRds } from "./untouched.ts";

const late = "Written after the sync";

/** A superuser's session in another database of the Neon cluster than a pair's. */
async function maintenanceOnNeon() {
  const { adminPassword, neon } = testSandbox().state;
  return await connect(adminLogin(neon, adminPassword, "postgres"));
}

async function syncs(pair: Pair) {
  const transcript = await sync(pair, ["neon-to-rds", "--yes", "--json"]);
  expect(transcript.exitCode, transcript.stdout).toBe(0);
  return documentOf(transcript);
}

async function undoes(pair: Pair): Promise<void> {
  const transcript = await sync(pair, ["undo", "rds", "--yes"]);
  expect(transcript.exitCode, transcript.stderr).toBe(0);
}

async function writeTo(pair: Pair): Promise<void> {
  await using session = await pair.connect("rds", "owner");
  await session.client.query(
    "insert into public.contacts (name, email, message) values ($1, 'late@example.com', 'x')",
    [late],
  );
}

/** Databases on RDS that `sync undo` replaced. */
async function undoneDatabases(pair: Pair): Promise<string[]> {
  return (await databasesOf(pair, "rds")).filter((name) => name.includes("__pl_undone_"));
}

/** Number of late rows in a database that an undo replaced. */
async function lateRowsIn(database: string): Promise<number> {
  await using maintenance = await superuserOnRds("postgres");
  await maintenance.client.query(`alter database ${database} allow_connections true`);
  await using session = await superuserOnRds(database);
  const sql = "select count(*)::int as n from public.contacts where name = $1";
  const { rows } = await session.client.query<{ n: number }>(sql, [late]);
  return rows[0]?.n ?? 0;
}

test.concurrent(
  "syncs after an undo keep the undone database, with the rows that were written before the undo",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const previous = await contentOf(pair, "rds");
    await syncs(pair);
    await writeTo(pair);
    await undoes(pair);
    expect(await contentOf(pair, "rds")).toBe(previous);
    const [undone = "", ...others] = await undoneDatabases(pair);
    expect([undone, others]).toEqual([expect.stringContaining(pair.rds.database), []]);

    const { plan } = await syncs(pair);
    const note = plan.notes.find((text) => text.includes(undone));
    expect(note).toContain("is kept: no dump of it exists");
    expect(note).toContain(`drop database "${undone}";`);
    expect(await databasesOf(pair, "rds")).toHaveLength(3);

    // This sync drops the database that replaced it.
    await syncs(pair);
    expect(await databasesOf(pair, "rds")).toHaveLength(3);
    expect(await undoneDatabases(pair)).toEqual([undone]);
    expect(await lateRowsIn(undone)).toBe(1);
    await undoes(pair);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  },
);

test.concurrent("a second undo reverts the first one, and a third one reverts the second", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const previous = await contentOf(pair, "rds");
  await syncs(pair);
  await writeTo(pair);
  const present = await contentOf(pair, "rds");
  for (const wanted of [previous, present, previous]) {
    await undoes(pair);
    expect(await contentOf(pair, "rds")).toBe(wanted);
  }
});

test.concurrent("without a previous target, the refusal of an undo names the undone databases", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  await syncs(pair);
  await undoes(pair);
  const [undone = ""] = await undoneDatabases(pair);
  const { result } = await syncs(pair);
  await using maintenance = await superuserOnRds("postgres");
  await maintenance.client.query(`drop database ${result?.previous ?? ""}`);
  const refused = await sync(pair, ["undo", "rds", "--yes", "--json"]);
  expect(errorOf(refused)).toMatchObject({ code: "NOTHING_TO_UNDO", exit: 4 });
  expect(errorOf(refused).details).toEqual([`kept by an earlier undo: ${undone}`]);
});

test.concurrent(
  "a sync to Neon creates a branch first, and an undo returns to it if the previous target was dropped",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "stale", rds: "app" });
    await using api = await startNeonApi(neonHost);
    const env = api.variables;
    const live = pair.neon.database;
    const previous = await contentOf(pair, "neon");
    // The branch contains these databases.
    await using maintenance = await maintenanceOnNeon();
    await maintenance.client.query(`create database ${live}_branch template ${live}`);

    const planned = documentOf(await sync(pair, ["rds-to-neon", "--dry-run", "--json"], { env }));
    expect(planned.plan.restorePoint).toMatchObject({ branch: "production", keepDays: 7 });
    expect(api.branches).toHaveLength(1);

    // A person may have set the key for other tools.
    const asked = api.requests.length;
    const off = ["rds-to-neon", "--dry-run", "--json", "--keep-branch", "0"];
    const without = await sync(pair, off, { env });
    expect(documentOf(without).plan.restorePoint).toBeNull();
    expect(without.stderr).toContain("no restore point is created in Neon");
    expect(api.requests).toHaveLength(asked);

    const args = ["rds-to-neon", "--yes", "--json", "--keep-branch", "3"];
    const { plan, result } = documentOf(await sync(pair, args, { env }));
    expect(plan.restorePoint).toMatchObject({ keepDays: 3 });
    const [, created] = api.branches;
    const point = result?.restorePoint;
    expect(point).toMatchObject({ id: created?.id, name: plan.restorePoint?.name, branch: "production" });
    expect(created).toMatchObject({ name: point?.name, expires_at: point?.expiresAt });
    const days = (Date.parse(point?.expiresAt ?? "") - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(2.9);
    expect(days).toBeLessThan(3);
    const key = (await keysOf(pair)).find((each) => /^rds-dumps.*\.json$/.test(each)) ?? "";
    const manifest = JSON.parse(Buffer.from(await objectOf(pair, key)).toString()) as object;
    expect(manifest).toMatchObject({ restorePoint: point });
    // The tool has deleted nothing in Neon.
    expect(api.requests.filter((request) => !/^(GET|POST) /.test(request))).toEqual([]);

    const restore = await sync(pair, ["restore", "latest", "--to", "neon", "--dry-run"], { env });
    expect(restore.stderr).toMatch(/branch +pilot-light-restore-point-\S+ +\(restore point: production/);

    // Without the previous target, and without the API, nothing is left on the server.
    await maintenance.client.query(`drop database ${result?.previous ?? ""}`);
    expect(errorOf(await sync(pair, ["undo", "neon", "--yes", "--json"])).code).toBe("NOTHING_TO_UNDO");

    const dry = await sync(pair, ["undo", "neon", "--dry-run"], { env });
    expect(dry.stderr).toContain(`Neon has the restore point ${point?.name ?? ""}`);
    expect(api.requests.filter((request) => request.endsWith("/restore"))).toEqual([]);
    api.fault = (request) => (request.endsWith("/restore") ? 500 : undefined);
    const failed = errorOf(await sync(pair, ["undo", "neon", "--yes", "--json"], { env }));
    expect(failed).toMatchObject({ code: "NEON_API_FAILED", exit: 6, state: "unknown" });
    expect(failed.hint).toContain("pilot-light-before-undo-");
    api.fault = undefined;
    api.onRestore = async () => {
      await maintenance.client.query(`drop database ${live} with (force)`);
      await maintenance.client.query(`alter database ${live}_branch rename to ${live}`);
    };
    const undone = await sync(pair, ["undo", "neon", "--yes"], { env });
    expect(undone.exitCode, undone.stderr).toBe(0);
    expect(undone.stderr).toMatch(/Undone: Neon has restored production to pilot-light-restore-point-/);
    expect(await contentOf(pair, "neon")).toBe(previous);
    // Neither branch expires now.
    expect(api.branches.map(({ name, expires_at }) => [name.replace(/\d.*/, ""), expires_at])).toEqual([
      ["production", undefined],
      ["pilot-light-restore-point-", undefined],
      ["pilot-light-before-undo-", undefined],
    ]);
  },
);

test.concurrent(
  "a sync to Neon that fails before its swap deletes the branch that it has created",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "stale", rds: "app" });
    await using api = await startNeonApi(neonHost);
    await using aws = await awsProxy(pair, ({ method, path }) =>
      method === "PUT" && path.includes("/neon-dumps/") ? { status: 403 } : undefined,
    );
    const before = await contentOf(pair, "neon");
    const env = { ...api.variables, AWS_ENDPOINT_URL: aws.url };
    const failed = errorOf(await sync(pair, ["rds-to-neon", "--yes", "--json"], { env }));
    expect(failed).toMatchObject({ code: "AWS_ACCESS_DENIED", state: "target-unchanged" });
    expect(api.requests).toContain("POST branches");
    expect(api.branches.map(({ name }) => name)).toEqual(["production"]);
    expect(await contentOf(pair, "neon")).toBe(before);
  },
);
