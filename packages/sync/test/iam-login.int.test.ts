/** Syncs whose login to RDS is a token of IAM. A token is valid for minutes, and a sync may take hours. */
import { createPair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { iamLoginOnRds, tokenLifetime } from "./iam-login.ts";
import { contentOf, sync } from "./support.ts";

/** Rows that are worth several jobs of pg_restore, and an index whose creation takes longer than a token is valid. */
const slowIndex = `
  create table public.entries as
    select i as id, repeat(md5(i::text), 50) as text from generate_series(1, 30000) as i;
  create table public.slow as select 1 as id;
  create function public.slowly(integer) returns integer language sql immutable as 'select $1';
  create index on public.slow (public.slowly(id));
  create or replace function public.slowly(integer) returns integer language sql immutable as $$
    select $1 from pg_catalog.pg_sleep(
      case when pg_catalog.current_query() like '%CREATE INDEX%' then ${tokenLifetime / 1000 + 1} else 0 end)
  $$;`;

test("a sync that outlasts its tokens signs a new one for each connection, in both directions", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "empty" });
  await pair.query("neon", `set role ${pair.neon.role};${slowIndex}`);
  await using iam = await iamLoginOnRds(pair, testSandbox().state.rds.host);
  const env = { RDS_IAM_USER: iam.role };
  const there = await sync(pair, ["neon-to-rds", "--yes", "--rds-auth", "iam"], { env });
  expect(there.exitCode, there.stderr).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  const back = await sync(pair, ["rds-to-neon", "--yes", "--rds-auth", "iam"], { env });
  expect(back.exitCode, back.stderr).toBe(0);
  expect(new Set(iam.logins)).toEqual(new Set(["accepted"]));
});
