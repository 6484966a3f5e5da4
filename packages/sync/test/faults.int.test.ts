/** A failure before the swap leaves the target unchanged and removes what the sync has created. A failure after the swap reverts nothing. */
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { processesOf, until } from "./processes.ts";
import { awsProxy, lost } from "./proxies.ts";
import { contentOf, databasesOf, errorOf, keysOf, leftFiles, restorePlainly, sync } from "./support.ts";
import { expectRefusal, footprint } from "./untouched.ts";

const run = ["neon-to-rds", "--yes"];
const state = "target-unchanged";

/** 12 MB that do not compress: an upload of two parts. */
const manyBytes = `create table public.blobs as
  select n, (select string_agg(sha256((n || ':' || i)::text::bytea), '') from generate_series(1, 32) i) as bytes
    from generate_series(1, 12000) n`;

test.concurrent("a restore that fails", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  // Works for applications, whose search_path contains public; a restore has none.
  await pair.query("neon", "create table public.limits as select 1000 as highest");
  await pair.query(
    "neon",
    "create function public.fits(n int) returns bool language plpgsql as 'begin return n <= (select highest from limits); end'",
  );
  await pair.query("neon", "alter table public.tags add constraint fitting check (public.fits(id))");
  const before = await footprint(pair);
  const says = ["limits", "does not exist", '"tags"', "alter function"];
  await expectRefusal(pair, before, run, { exit: 6, code: "RESTORE_FAILED", says, state });
  expect(await processesOf(pair)).toEqual([]);
});

test.concurrent("a verification that fails", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  // Each server computes this value again, and the values differ.
  await pair.query(
    "neon",
    "create function public.port() returns int immutable language sql as 'select inet_server_port()'",
  );
  await pair.query("neon", "alter table public.tags add port int generated always as (public.port()) stored");
  const before = await footprint(pair);
  const says = ["table public.tags differs", "hash", "generated column"];
  await expectRefusal(pair, before, run, { exit: 6, code: "VERIFICATION_FAILED", says, state });
  const counted = await sync(pair, [...run, "--verify", "counts"]);
  expect(counted.exitCode, counted.stderr).toBe(0);
});

test.concurrent("an upload that fails after its first part", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  await pair.query("neon", manyBytes);
  const before = await footprint(pair);
  await using aws = await awsProxy(pair, ({ path }) =>
    path.includes("partNumber=2")
      ? { status: 500, body: "<Error><Code>InternalError</Code></Error>" }
      : undefined,
  );
  const says = ["Cannot upload", `s3://${pair.bucket}/neon-dumps/`];
  const env = { AWS_ENDPOINT_URL: aws.url };
  await expectRefusal(pair, before, run, { exit: 7, code: "AWS_FAILED", says, state }, { env });
  expect(aws.requests.filter(({ path }) => path.includes("partNumber=1"))).not.toEqual([]);
});

test.concurrent.each([
  { name: "of one request", setUp: "select 1", method: "PUT" },
  { name: "of several parts", setUp: manyBytes, method: "POST" },
])("an upload $name whose answer is lost, although S3 has the object", async ({ setUp, method }) => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  await pair.query("neon", setUp);
  let losses = 0;
  await using aws = await awsProxy(pair, (request) => {
    const completes = method === "PUT" || /[?&]uploadId=/.test(request.path);
    const isUpload = request.method === method && /\/neon-dumps\/[^?]*\.dump(\?|$)/.test(request.path);
    return isUpload && completes && (losses += 1) === 1 ? lost : undefined;
  });
  const env = { AWS_ENDPOINT_URL: aws.url };
  const transcript = await sync(pair, [...run, "--no-target-backup"], { env });
  expect(transcript.exitCode, transcript.stderr).toBe(0);
  expect(losses).toBeGreaterThan(1);
  const archives = (await keysOf(pair)).filter((key) => /^neon-dumps\/.*\.dump$/.test(key));
  expect(archives).toHaveLength(1);
  expect(await restorePlainly(pair, "rds", archives[0] ?? "")).toBe(await contentOf(pair, "rds"));
});

test.concurrent("a backup of the target that cannot be uploaded", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const before = await footprint(pair);
  await using aws = await awsProxy(pair, ({ method, path }) => {
    if (method === "PUT" && path.includes("/rds-dumps/")) throw new Error("The connection breaks.");
    return undefined;
  });
  const says = ["Cannot upload", `s3://${pair.bucket}/rds-dumps/`];
  const env = { AWS_ENDPOINT_URL: aws.url };
  await expectRefusal(pair, before, run, { exit: 7, code: "AWS_FAILED", says, state }, { env });
  const without = await sync(pair, [...run, "--no-target-backup"], { env });
  expect(without.exitCode, without.stderr).toBe(0);
});

test.concurrent("a manifest that cannot be written after the swap: nothing is undone", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const previous = await contentOf(pair, "rds");
  await using aws = await awsProxy(pair, ({ method, path }) =>
    method === "PUT" && /neon-dumps.*manifest/.test(path) ? { status: 503 } : undefined,
  );
  const transcript = await sync(pair, [...run, "--json"], { env: { AWS_ENDPOINT_URL: aws.url } });
  expect(transcript.exitCode).toBe(7);
  const { code, message, hint, state: result } = errorOf(transcript);
  expect({ code, result }).toEqual({ code: "MANIFEST_FAILED", result: "changed" });
  expect(message).toContain(`The sync replaced and verified ${pair.rds.database}`);
  expect(hint).toContain("sync again");
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  const keys = await keysOf(pair);
  // Two dumps, the manifest of the backup, and the draft of the archive.
  expect(keys).toHaveLength(4);
  const archive = keys.find((key) => /^neon-dumps\/.*\.dump$/.test(key)) ?? "";
  expect(await restorePlainly(pair, "rds", archive)).toBe(await contentOf(pair, "rds"));
  expect(await leftFiles(pair)).toEqual([]);
  expect(await sync(pair, ["undo", "rds", "--yes"])).toMatchObject({ exitCode: 0 });
  expect(await contentOf(pair, "rds")).toBe(previous);
});

/** A function that runs `work` on its first call, and returns the same promise on every call. */
function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}

/** The staging database of a running sync, once it exists. */
async function stagingOf(pair: Pair): Promise<string> {
  const find = async () => (await databasesOf(pair, "rds")).find((name) => name.includes("__pl_staging_"));
  await until(async () => (await find()) !== undefined);
  return (await find()) ?? "";
}

test.concurrent(
  "if the maintenance session is lost, its lock is lost as well, so the sync does not swap",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const previous = await contentOf(pair, "rds");
    const loss = once(async () => {
      await stagingOf(pair);
      await pair.query(
        "rds",
        `select pg_terminate_backend(a.pid) from pg_locks l join pg_stat_activity a using (pid)
        where l.locktype = 'advisory' and l.classid::int8 << 32 | l.objid::int8 = hashtextextended('pilot-light sync ' || $1, 0)`,
        [pair.rds.database],
      );
    });
    // The upload waits for the loss, and the swap waits for the upload.
    await using aws = await awsProxy(pair, async ({ method, path }) => {
      if (method === "PUT" && path.includes("/neon-dumps/")) await loss();
      return undefined;
    });
    const transcript = await sync(pair, [...run, "--json"], { env: { AWS_ENDPOINT_URL: aws.url } });
    expect(transcript.exitCode).toBe(6);
    expect(errorOf(transcript)).toMatchObject({
      message: expect.stringContaining("connection was lost") as string,
      state,
    });
    expect(transcript.stderr).toMatch(/could not remove the staging database/);
    expect(await contentOf(pair, "rds")).toBe(previous);
    expect(await keysOf(pair)).toEqual([]);
    const next = await sync(pair, run);
    expect(next.exitCode, next.stderr).toBe(0);
    expect(next.stderr).toContain("which an interrupted sync left");
    expect(await databasesOf(pair, "rds")).toHaveLength(2);
  },
);
