/** Every new database has the schema public, so a sync treats it differently. It does not do so with a schema of a similar name. */
import { createPair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { contentOf, sync } from "./support.ts";

test("a schema public that was created again, and schemas whose names begin with public, are copied", async () => {
  await using pair = await createPair(testSandbox(), { neon: "empty", rds: "empty" });
  await using owner = await pair.connect("neon", "owner");
  for (const statement of [
    "drop schema public",
    "create schema public",
    "comment on schema public is 'Ours'",
    'create schema "public-api"',
    `comment on schema "public-api" is 'For others'`,
    'create schema "public stuff"',
    "create table public.items as select 1 as id",
    'create table "public-api".items as select 2 as id',
    'create table "public stuff".items as select 3 as id',
  ]) {
    await owner.client.query(statement);
  }
  const transcript = await sync(pair, ["neon-to-rds", "--yes"]);
  expect(transcript.exitCode, transcript.stderr).toBe(0);
  // The target keeps the owner of its schema public, so the lines of a dump about this schema may differ.
  const withoutPublic = (content: string) => content.replaceAll(/^.* SCHEMA public\b.*\n/gm, "");
  expect(withoutPublic(await contentOf(pair, "rds"))).toBe(withoutPublic(await contentOf(pair, "neon")));
});

test("if the source has no schema public, the target has none after the sync", async () => {
  await using pair = await createPair(testSandbox(), { neon: "empty", rds: "app" });
  await using owner = await pair.connect("neon", "owner");
  await owner.client.query("drop schema public; create schema app; create table app.items as select 1 as id");
  const transcript = await sync(pair, ["neon-to-rds", "--yes", "--allow-shrink"]);
  expect(transcript.exitCode, transcript.stderr).toBe(0);
  const schemas =
    "select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'";
  expect(await pair.query("rds", schemas)).toEqual([{ nspname: "app" }]);
});
