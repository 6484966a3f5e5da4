/** What `sync undo` puts aside: no dump of it exists, so it must outlive every sync that follows. */
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

/** Databases beside the pair's on RDS that `sync undo` put aside. */
async function putAside(pair: Pair): Promise<string[]> {
  return (await databasesOf(pair, "rds")).filter((name) => name.includes("__pl_undone_"));
}

/** How many of the late rows a database that was put aside holds. */
async function lateRowsIn(database: string): Promise<number> {
  await using beside = await superuserOnRds("postgres");
  await beside.client.query(`alter database ${database} allow_connections true`);
  await using session = await superuserOnRds(database);
  const sql = "select count(*)::int as n from public.contacts where name = $1";
  const { rows } = await session.client.query<{ n: number }>(sql, [late]);
  return rows[0]?.n ?? 0;
}

test.concurrent("rows written between a sync and its undo outlive the syncs that follow", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const former = await contentOf(pair, "rds");
  await syncs(pair);
  await writeTo(pair);
  await undoes(pair);
  expect(await contentOf(pair, "rds")).toBe(former);
  const [aside = "", ...others] = await putAside(pair);
  expect([aside, others]).toEqual([expect.stringContaining(pair.rds.database), []]);

  const { plan } = await syncs(pair);
  const note = plan.notes.find((text) => text.includes(aside));
  expect(note).toContain("stays: no dump of it exists");
  expect(note).toContain(`drop database "${aside}";`);
  expect(await databasesOf(pair, "rds")).toHaveLength(3);

  // The database that took its place is dropped by this one.
  await syncs(pair);
  expect(await databasesOf(pair, "rds")).toHaveLength(3);
  expect(await putAside(pair)).toEqual([aside]);
  expect(await lateRowsIn(aside)).toBe(1);
  await undoes(pair);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
});

test.concurrent(
  "a second undo goes back to what the first one put aside, and a third one to and fro",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const former = await contentOf(pair, "rds");
    await syncs(pair);
    await writeTo(pair);
    const present = await contentOf(pair, "rds");
    for (const wanted of [former, present, former]) {
      await undoes(pair);
      expect(await contentOf(pair, "rds")).toBe(wanted);
    }
  },
);

test.concurrent("without a former target an undo names what earlier ones put aside", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  await syncs(pair);
  await undoes(pair);
  const [aside = ""] = await putAside(pair);
  const { result } = await syncs(pair);
  await using beside = await superuserOnRds("postgres");
  await beside.client.query(`drop database ${result?.previous ?? ""}`);
  const refused = await sync(pair, ["undo", "rds", "--yes", "--json"]);
  expect(errorOf(refused)).toMatchObject({ code: "NOTHING_TO_UNDO", exit: 4 });
  expect(errorOf(refused).details).toEqual([`put aside by an earlier undo: ${aside}`]);
});
