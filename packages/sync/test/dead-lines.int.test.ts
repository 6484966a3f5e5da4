/**
 * A connection that carries no more data and is not closed, as behind a tunnel whose far end is gone. In every phase, on each side and to S3,
 * the sync fails with the class of the side, an interruption ends the sync within ten seconds, and the next run succeeds.
 */
import { createPair, sides, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { describe, expect } from "vitest";
import { succeeds, testPhases, type Phase } from "./dead-lines.ts";
import type { AwsRequest } from "./proxies.ts";
import { contentOf, databasesOf, keysOf } from "./support.ts";

const args = ["neon-to-rds", "--yes", "--verbose"];
const unchanged = /nothing was received for \d+ s[\s\S]*(The target is unchanged\.|Nothing was written\.)/;
const source = { exit: 5, code: "CONNECTION_STALLED", words: unchanged } as const;
const target = { exit: 6, code: "CONNECTION_STALLED", words: unchanged } as const;
const swap = {
  exit: 6,
  code: "SWAP_BROKEN",
  words: /could not revert the swap[\s\S]*pnpm sync undo rds/,
} as const;
const uploads =
  (folder: string) =>
  ({ method, path }: AwsRequest) =>
    method === "PUT" && path.includes(`/${folder}/`) && path.includes(".dump");
const aws = (words: RegExp) => ({ exit: 7, code: "AWS_FAILED", words }) as const;

/** 12 MB that do not compress, so that a dump and its restore are cut off in their middle. */
const manyBytes = `create table public.blobs as
  select n, (select string_agg(sha256((n || ':' || i)::text::bytea), '') from generate_series(1, 32) i) as bytes
    from generate_series(1, 12000) n`;

async function bigPair(): Promise<Pair> {
  const pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  for (const side of sides) {
    await using owner = await pair.connect(side, "owner");
    await owner.client.query(manyBytes);
  }
  return pair;
}

/** A function that waits when ANALYZE runs it for an index. */
const slowInAnalyze = (
  seconds: number,
) => `create or replace function public.slow_in_analyze(n int) returns int
  immutable language plpgsql as $$
    begin
      if current_query() ilike 'analyze%' then perform pg_sleep(${seconds}); end if;
      return n;
    end $$`;

async function slowPair(): Promise<Pair> {
  const pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  await using owner = await pair.connect("neon", "owner");
  await owner.client.query(
    `create table public.slow as select 1 as n; ${slowInAnalyze(120)}; create index on public.slow (public.slow_in_analyze(n))`,
  );
  return pair;
}

/** The next sync succeeds, and removes the databases of the failed sync. The dump of the failed sync may remain: its swap may have happened. */
async function syncsAfterSwap(pair: Pair): Promise<void> {
  await succeeds(pair, args);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  expect(await databasesOf(pair, "rds")).toHaveLength(2);
}

/** The next sync succeeds, and the failed sync has left neither databases nor dumps without a manifest. */
async function syncsAgain(pair: Pair): Promise<void> {
  await syncsAfterSwap(pair);
  const keys = await keysOf(pair);
  for (const key of keys.filter((name) => name.endsWith(".dump"))) {
    expect(keys).toContain(key.replace(/\.dump$/, ".manifest.json"));
  }
}

type SyncPhase = Omit<Phase, "args" | "next"> & Partial<Phase>;

const phases = (
  [
    {
      name: "the plan reads the source",
      ...source,
      stop: ({ neon }) => neon.stallAfter(20_000, "to the client"),
    },
    {
      name: "the plan reads the target",
      ...target,
      stop: ({ rds }) => rds.stallAfter(20_000, "to the client"),
    },
    {
      name: "the source is dumped",
      ...source,
      create: bigPair,
      isLarge: true,
      stop: ({ neon }) => neon.stallAfter(4_000_000, "to the client"),
    },
    {
      name: "the target is dumped",
      ...target,
      create: bigPair,
      isLarge: true,
      stop: ({ rds }) => rds.stallAfter(4_000_000, "to the client"),
    },
    {
      name: "the dump is restored",
      ...target,
      args: [...args, "--no-target-backup"],
      create: bigPair,
      isLarge: true,
      stop: ({ rds }) => rds.stallAfter(4_000_000, "to the server"),
    },
    {
      name: "the copy is verified",
      ...target,
      stop: async ({ printed, rds }) => {
        // pg_dump starts once the sessions of the verification are open.
        await printed(/\$ \S*pg_dump .*--schema-only.*staging\.schema/);
        rds.stall();
      },
    },
    {
      name: "a table of the copy is analyzed",
      ...target,
      create: slowPair,
      stop: async ({ finds, rds }) => {
        await finds("select from pg_stat_activity where query ilike 'analyze%' and wait_event = 'PgSleep'");
        rds.stall();
      },
      next: async (pair) => {
        await pair.query("neon", slowInAnalyze(0));
        await syncsAgain(pair);
      },
    },
    {
      name: "the settings of the target are read",
      ...target,
      args: [...args, "--no-target-backup"],
      stop: async ({ printed, blocked, rds }) => {
        // The plan has been made. From then on, only the reading of the settings needs this catalog of the target.
        await printed(/^ {2}dump .*snapshot/m);
        await blocked("target", "pg_default_acl");
        rds.stall();
      },
    },
    {
      name: "the privileges are copied",
      ...target,
      stop: async ({ holdUpload, printed, blocked, rds }) => {
        const goOn = holdUpload();
        await printed(/^ {2}verify /m);
        // Only the step that follows the upload reads this catalog of the staging database.
        await blocked("staging", "pg_init_privs", goOn);
        rds.stall();
      },
    },
    {
      name: "the target is renamed",
      ...swap,
      interrupted: swap,
      leavesClosed: true,
      isOccupied: true,
      next: syncsAfterSwap,
      stop: async ({ finds, pair, rds }) => {
        await finds(`select from pg_database where datname = '${pair.rds.database}' and not datallowconn`);
        rds.stall();
      },
    },
    {
      name: "the dump is uploaded",
      ...aws(/Cannot upload s3:\/\/\S+\/neon-dumps\/[\s\S]*The target is unchanged\./),
      stop: ({ stallAws }) => stallAws(uploads("neon-dumps")),
    },
    {
      name: "the dump of the target is uploaded",
      ...aws(/Cannot upload s3:\/\/\S+\/rds-dumps\/[\s\S]*The target is unchanged\./),
      stop: ({ stallAws }) => stallAws(uploads("rds-dumps")),
    },
    {
      name: "the manifest is written",
      exit: 7,
      code: "MANIFEST_FAILED",
      words: /The sync replaced and verified/,
      interrupted: { exit: 7, code: "MANIFEST_FAILED", words: /The sync replaced and verified/ },
      stop: ({ stallAws }) =>
        stallAws(({ method, path }) => method === "PUT" && /neon-dumps\/.*\.manifest\.json/.test(path)),
      // The dump has no manifest, so the next run ignores it.
      next: async (pair) => {
        await succeeds(pair, args);
        expect(await databasesOf(pair, "rds")).toHaveLength(2);
      },
    },
  ] satisfies SyncPhase[]
).map((phase: SyncPhase) => ({ args, next: syncsAgain, ...phase }));

describe("a line that stops while", () => {
  testPhases(phases);
});
