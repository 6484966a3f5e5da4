/** The database that `sync undo` replaces: no dump of it exists, so no later sync may drop it. */
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { contentOf, databasesOf, documentOf, errorOf, sync } from "./support.ts";
import { superuserOnRds } from "./untouched.ts";

const late = "Written after the sync";

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
  "the syncs that follow an undo keep the rows that were written between the sync and the undo",
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

test.concurrent(
  "without a previous target an undo names the databases that earlier undos replaced",
  async () => {
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
  },
);
