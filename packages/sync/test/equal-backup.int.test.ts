/** The backup of a target that still equals a dump in S3 is that dump, and the backup of any other target is not. */
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { manifestKey } from "@pilot-light/core/dump-keys";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Workbench } from "./databases.ts";
import { contentOf, documentOf, keysOf, objectOf, s3, sync } from "./support.ts";

const createStale = () => createPair(testSandbox(), { neon: "app", rds: "stale" });

const manifestSchema = z.looseObject({
  key: z.string(),
  sha256: z.string(),
  clientVersion: z.string(),
  sameAs: z.string().optional(),
  verified: z.looseObject({ tables: z.unknown() }).optional(),
});

async function manifestOf(pair: Pair, key: string) {
  return manifestSchema.parse(JSON.parse(Buffer.from(await objectOf(pair, manifestKey(key))).toString()));
}

const keyIn = (uri: string | null) => (uri ?? "").replace(/^s3:\/\/[^/]+\//, "");

/** Syncs, and returns the manifests of both dumps. */
async function syncs(pair: Pair, args: readonly string[] = ["neon-to-rds"]) {
  const transcript = await sync(pair, [...args, "--yes", "--json"]);
  expect(transcript.exitCode, transcript.stderr).toBe(0);
  const { plan } = documentOf(transcript);
  return {
    archive: await manifestOf(pair, keyIn(plan.archive)),
    backup: await manifestOf(pair, keyIn(plan.backup)),
  };
}

async function change(pair: Pair, side: "neon" | "rds", sql: string): Promise<void> {
  await using session = await pair.connect(side, "owner");
  await session.client.query(sql);
}

test.concurrent("an unchanged copy is backed up by the dump that it was restored from", async () => {
  await using pair = await createStale();
  const first = await syncs(pair);
  expect(first.backup.sameAs).toBeUndefined();
  await change(pair, "neon", "delete from public.contacts");
  const before = await contentOf(pair, "rds");
  const { backup } = await syncs(pair, ["neon-to-rds", "--allow-shrink"]);
  expect(backup).toMatchObject({
    kind: "backup",
    sameAs: first.archive.key,
    sha256: first.archive.sha256,
    clientVersion: first.archive.clientVersion,
    contents: { depth: "checksums", tables: first.archive.verified?.tables },
  });
  expect(await objectOf(pair, backup.key)).toEqual(await objectOf(pair, first.archive.key));
  // It restores like any other backup, to what the target was.
  expect(await contentOf(pair, "rds")).not.toBe(before);
  const restored = await sync(pair, ["restore", backup.key, "--to", "rds", "--yes"]);
  expect(restored.exitCode, restored.stderr).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(before);
});

test.concurrent("a dump of an earlier version, with hashes of texts, is compared by texts", async () => {
  await using pair = await createStale();
  const { archive } = await syncs(pair);
  await using bench = await Workbench.open(pair, "neon");
  const tables = Object.fromEntries((await bench.readAs("texts", pair.neon.database)).tables);
  const Body = JSON.stringify({ ...archive, verified: { ...archive.verified, tables } });
  await s3(pair).send(new PutObjectCommand({ Bucket: pair.bucket, Key: manifestKey(archive.key), Body }));
  const { backup } = await syncs(pair);
  expect(backup).toMatchObject({ sameAs: archive.key, contents: { depth: "checksums", tables } });
});

test.concurrent("Neon, unchanged since its own dump, is backed up by that dump", async () => {
  await using pair = await createStale();
  const { archive } = await syncs(pair);
  await change(
    pair,
    "rds",
    "insert into public.contacts (name, email, message) values ('late', 'a@example.com', 'x')",
  );
  const { backup } = await syncs(pair, ["rds-to-neon"]);
  expect(backup).toMatchObject({ sameAs: archive.key, database: { system: "neon" } });
});

describe("a target that differs from the dump is dumped itself", { concurrent: false }, () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await createStale();
    await change(pair, "neon", "create extension hstore");
    await syncs(pair);
  });
  afterAll(() => pair.dispose());

  const changes = {
    "a value of a row":
      "update public.contacts set message = message || '.' where id = (select min(id) from public.contacts)",
    "a row in place of another one":
      "delete from public.contacts where id = (select min(id) from public.contacts); insert into public.contacts (name, email, message) values ('late', 'a@example.com', 'x')",
    "the position of a sequence": "select setval(pg_get_serial_sequence('public.contacts', 'id'), 4711)",
    "a new view": "create view public.late as select 1 as a",
    "a comment": "comment on table public.contacts is 'late'",
    "a new index": "create index late on public.contacts (name)",
    "a default": "alter table public.contacts alter message set default 'late'",
    "a statistics target": "alter table public.contacts alter name set statistics 50",
    "a function": "create function public.late() returns int language sql return 1",
    "row-level security": "alter table public.contacts enable row level security",
    "a large object": "select lo_from_bytea(0, 'late')",
    "an empty table": "create table public.late_table (a int)",
    // No restore creates the comment, but the dump contains it.
    "a comment on an extension": "comment on extension hstore is 'late'",
  };
  test.each(Object.entries(changes))("%s", async (_, sql) => {
    await change(pair, "rds", sql);
    const { backup } = await syncs(pair, ["neon-to-rds", "--allow-shrink"]);
    expect(backup.sameAs).toBeUndefined();
  });

  test("an event trigger", async () => {
    await pair.query(
      "rds",
      "create function pg_catalog.late() returns event_trigger language plpgsql as 'begin end'",
    );
    await pair.query("rds", "create event trigger late on sql_drop execute function pg_catalog.late()");
    expect((await syncs(pair)).backup.sameAs).toBeUndefined();
  });

  test("the copy without a change is backed up by its dump", async () => {
    expect((await syncs(pair)).backup.sameAs).toMatch(/^neon-dumps\//);
  });

  test("an earlier dump with other bytes, or without its bytes", async () => {
    const { archive } = await syncs(pair);
    const bytes = await objectOf(pair, archive.key);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await s3(pair).send(new PutObjectCommand({ Bucket: pair.bucket, Key: archive.key, Body: bytes }));
    const after = await syncs(pair);
    expect(after.backup.sameAs).toBeUndefined();
    await s3(pair).send(new DeleteObjectCommand({ Bucket: pair.bucket, Key: after.archive.key }));
    expect((await syncs(pair)).backup.sameAs).toBeUndefined();
    expect(await keysOf(pair)).toContain(after.backup.key);
  });

  test("a verification that counted rows is no proof", async () => {
    await syncs(pair, ["neon-to-rds", "--verify", "counts"]);
    expect((await syncs(pair)).backup.sameAs).toBeUndefined();
  });
});
