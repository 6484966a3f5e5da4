/** A restore that is refused, fails or is killed leaves the target unchanged, and the next restore succeeds. */
import type { ChildProcess } from "node:child_process";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { manifestKey } from "@pilot-light/core/dump-keys";
import { createPair, sides, type Pair, type Side } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { downloadProxy } from "./download-proxy.ts";
import { signalWhen } from "./processes.ts";
import { awsProxy } from "./proxies.ts";
import { contentOf, databasesOf, keysOf, leftFiles, objectOf, s3, sync, type SyncCall } from "./support.ts";
import { expectRefusal, footprint, isOpen, superuserOn, type Refusal } from "./untouched.ts";

/** A pair after one sync, with the keys of its two dumps and the previous content of RDS; disposed of with the pair. */
async function syncedPair() {
  const pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const previous = await contentOf(pair, "rds");
  const { exitCode, stderr } = await sync(pair, ["neon-to-rds", "--yes"]);
  expect(exitCode, stderr).toBe(0);
  const [archive = "", backup = ""] = (await keysOf(pair)).filter((key) => key.endsWith(".dump"));
  return { pair, archive, backup, previous, [Symbol.asyncDispose]: () => pair[Symbol.asyncDispose]() };
}

async function put(pair: Pair, key: string, body: Uint8Array | string): Promise<void> {
  await s3(pair).send(new PutObjectCommand({ Bucket: pair.bucket, Key: key, Body: body }));
}

describe("a restore is refused before it writes anything", () => {
  let pair: Pair;
  let archive: string;
  let backup: string;
  beforeAll(async () => {
    ({ pair, archive, backup } = await syncedPair());
  });
  afterAll(() => pair.dispose());

  const refused = async (
    key: string,
    refusal: Refusal,
    args = ["--to", "rds", "--yes"],
    call: SyncCall = {},
  ) => await expectRefusal(pair, await footprint(pair), ["restore", key, ...args], refusal, call);

  /** A copy of the archive with other bytes under its manifest. */
  async function damaged(name: string, bytes: Uint8Array): Promise<string> {
    const key = `neon-dumps/2026-01-01T00-00-${name}.dump`;
    const manifest = JSON.parse(Buffer.from(await objectOf(pair, manifestKey(archive))).toString()) as object;
    await put(pair, key, bytes);
    await put(pair, manifestKey(key), JSON.stringify({ ...manifest, key }));
    return key;
  }

  test("when the dump is truncated, has a flipped bit, or is another dump", async () => {
    const bytes = await objectOf(pair, archive);
    const flipped = Uint8Array.from(bytes);
    const middle = Math.floor(bytes.length / 2);
    flipped[middle] = (flipped[middle] ?? 0) ^ 1;
    const cases = {
      "01": { bytes: bytes.subarray(0, bytes.length - 100), says: "bytes, but the manifest states" },
      "02": { bytes: flipped, says: "the SHA-256 of the dump is" },
      "03": { bytes: await objectOf(pair, backup), says: "the SHA-256 of the dump is" },
    };
    for (const [name, { bytes: other, says }] of Object.entries(cases)) {
      const key = await damaged(name, other);
      for (const mode of ["--yes", "--dry-run"]) {
        await refused(key, { exit: 4, code: "DUMP_NOT_INTACT", says: [key, says] }, ["--to", "rds", mode]);
      }
    }
    // Without a connection to the target, and so without its lock.
    const env = { NEON_DATABASE_URL: "postgresql://me:x@127.0.0.1:1/app?sslmode=require" };
    const key = "neon-dumps/2026-01-01T00-00-01";
    await refused(key, { exit: 4, code: "DUMP_NOT_INTACT", says: [key] }, ["--to", "neon", "--yes"], { env });
  });

  test("when the manifest is missing, unreadable, or that of another dump", async () => {
    const bytes = await objectOf(pair, archive);
    const manifest = JSON.parse(Buffer.from(await objectOf(pair, manifestKey(archive))).toString()) as object;
    const key = "neon-dumps/2026-01-02T00-00-00.dump";
    await put(pair, key, bytes);
    await refused(key, { exit: 4, code: "DUMP_INCOMPLETE", says: ["has no manifest"] });
    await put(pair, manifestKey(key), JSON.stringify(manifest));
    await refused(key, {
      exit: 4,
      code: "DUMP_NOT_INTACT",
      says: [`the manifest belongs to another dump: ${archive}`],
    });
    await put(pair, manifestKey(key), JSON.stringify({ ...manifest, version: 3 }));
    await refused(key, { exit: 7, code: "MANIFEST_UNREADABLE", says: ["version 3", "versions 1 and 2"] });
    await put(pair, manifestKey(key), JSON.stringify({ ...manifest, key, clientVersion: "99.1" }));
    await refused(key, { exit: 3, code: "PG_DUMP_TOO_OLD", says: ["99"] });
  });

  test("when no dump has the key, several dumps have it, or there is no terminal for the prompt", async () => {
    await refused("neon-dumps/2001-01-01", { exit: 4, code: "DUMP_MISSING", says: ["pnpm dumps list"] });
    const stamp = archive.replace(/^.*\/|\.dump$/g, "");
    await refused(stamp, { exit: 2, code: "DUMP_AMBIGUOUS", says: [archive, backup] });
    const command = `pnpm sync restore ${archive} --to rds`;
    await refused(archive, { exit: 4, code: "CONFIRMATION_NEEDED", says: [command] }, ["--to", "rds"]);
    expect((await sync(pair, ["restore", archive, "--yes"])).exitCode).toBe(2);
  });

  test("when the target would lose rows, and the hint names the command that allows it", async () => {
    await using session = await pair.connect("neon", "owner");
    const { rowCount } = await session.client.query("delete from public.events");
    expect(rowCount).toBeGreaterThan(10);
    const { exitCode } = await sync(pair, ["neon-to-rds", "--yes", "--allow-shrink"]);
    expect(exitCode).toBe(0);
    const [, emptied = ""] = (await keysOf(pair)).filter((key) =>
      /^neon-dumps\/20\d\d-(?!01).*\.dump$/.test(key),
    );
    const restored = await sync(pair, ["restore", archive, "--to", "rds", "--yes"]);
    expect(restored.exitCode, restored.stderr).toBe(0);
    const command = `pnpm sync restore ${emptied} --to rds --allow-shrink`;
    await refused(emptied, { exit: 4, code: "SHRINK_REFUSED", says: ["public.events", command] });
  });

  test("when a policy of the dump names a role that the target does not have", async () => {
    const role = `${pair.neon.database}_reader`;
    await pair.query("neon", `create role "${role}"`);
    await pair.query("rds", `create role "${role}"`);
    await pair.query("neon", `create policy reads on public.projects for select to "${role}" using (true)`);
    const { exitCode, stderr } = await sync(pair, ["neon-to-rds", "--yes", "--allow-shrink"]);
    expect(exitCode, stderr).toBe(0);
    await pair.query("neon", "drop policy reads on public.projects");
    await pair.query("neon", `drop role "${role}"`);
    await refused("latest", { exit: 4, code: "ROLES_MISSING", says: [role] }, ["--to", "neon", "--yes"]);
  });
});

test("a restored database that differs from the manifest does not replace the target", async () => {
  await using synced = await syncedPair();
  const { pair, archive } = synced;
  const text = Buffer.from(await objectOf(pair, manifestKey(archive))).toString();
  const manifest = JSON.parse(text) as {
    verified: { tables: Record<string, { rows: number; hash: string }> };
  };
  const { tables } = manifest.verified;
  const table = "public.projects";
  const changed = { ...tables, [table]: { rows: tables[table]?.rows ?? 0, hash: "columns:1" } };
  await put(
    pair,
    manifestKey(archive),
    JSON.stringify({ ...manifest, verified: { ...manifest.verified, tables: changed } }),
  );
  const refusal = { exit: 6, code: "VERIFICATION_FAILED", says: [table, "hash columns:1"] } as const;
  const args = ["restore", archive, "--to", "rds", "--yes"];
  await expectRefusal(pair, await footprint(pair), args, { ...refusal, state: "target-unchanged" });
  // The numbers of rows are right.
  const counted = await sync(pair, [...args, "--verify", "counts"]);
  expect(counted.exitCode, counted.stderr).toBe(0);
});

/** An emulator in which the upload of a target's dump waits forever. */
async function stuckAtBackup(pair: Pair, target: Side = "rds") {
  const backup = new RegExp(`${target}-dumps/.*\\.dump`);
  return await awsProxy(pair, async ({ method, path }) => {
    if (method === "PUT" && backup.test(path)) await new Promise(() => undefined);
    return undefined;
  });
}

test("an interrupted restore removes what it has created", async () => {
  await using synced = await syncedPair();
  const { pair, backup } = synced;
  const before = await footprint(pair);
  await using aws = await stuckAtBackup(pair);
  let printed = "";
  const call: SyncCall = {
    env: { AWS_ENDPOINT_URL: aws.url },
    onStderr: (text, child) => {
      const isFirst = !printed.includes("  verify ");
      printed += text;
      if (isFirst && printed.includes("  verify ")) child.kill("SIGINT");
    },
  };
  const args = ["restore", backup, "--to", "rds", "--yes", "--allow-shrink"];
  const refusal = { exit: 130, code: "INTERRUPTED", says: [], state: "target-unchanged" } as const;
  await expectRefusal(pair, before, args, refusal, call);
});

/** Runs a restore that waits at its backup, and kills it once its output matches. */
async function killedAfter(pair: Pair, args: readonly string[], when: RegExp, env: SyncCall["env"] = {}) {
  let printed = "";
  return await sync(pair, args, {
    env,
    onStderr: (text, child) => {
      printed += text;
      if (when.test(printed)) child.kill("SIGKILL");
    },
  });
}

type Kill = (pair: Pair, args: readonly string[], target: Side) => Promise<{ exitCode: number }>;

const whenPrinted =
  (when: RegExp): Kill =>
  async (pair, args, target) => {
    await using aws = await stuckAtBackup(pair, target);
    return await killedAfter(pair, args, when, { AWS_ENDPOINT_URL: aws.url });
  };

const duringDownload: Kill = async (pair, args) => {
  await using aws = await downloadProxy(pair, "stalls");
  const onStart = (child: ChildProcess) => void aws.half.then(() => child.kill("SIGKILL"));
  return await sync(pair, args, { env: { AWS_ENDPOINT_URL: aws.url }, onStart });
};

/** The restore may not end the session of a superuser, so it waits between the closing of the target and its first rename. */
const duringSwap: Kill = async (pair, args, target) => {
  const { database } = pair[target];
  await using stubborn = await superuserOn(target, database);
  const onStart = signalWhen(async () => !(await isOpen(database, target)), "SIGKILL");
  const killed = await sync(pair, args, { onStart });
  // The server would end this session itself when the rename has failed.
  await stubborn.client.query(
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'pilot-light' and datname = 'postgres' and strpos(query, $1) > 0",
    [database],
  );
  return killed;
};

/** The content of a target that a killed run may have closed. */
async function contentOfClosed(pair: Pair, target: Side): Promise<string> {
  const { database } = pair[target];
  const wasOpen = await isOpen(database, target);
  await using maintenance = await superuserOn(target, "postgres");
  await maintenance.client.query(`alter database ${database} allow_connections true`);
  const content = await contentOf(pair, target);
  await maintenance.client.query(`alter database ${database} allow_connections ${wasOpen}`);
  return content;
}

/**
 * Before the settings, a step does the same on both targets, so the steps alternate between them: `kills.int.test.ts` kills a sync at the same
 * steps, each on the other target. The settings and the swap depend on the platform, so a restore is killed there on both.
 */
const kills: readonly { step: string; targets: readonly Side[]; kill: Kill }[] = [
  { step: "the download", targets: ["rds"], kill: duringDownload },
  {
    step: "the check of the dump",
    targets: ["neon"],
    kill: whenPrinted(/^ {2}check .*started|^ {2}download /m),
  },
  { step: "the loading of rows", targets: ["neon"], kill: whenPrinted(/\$ \S*pg_restore .*--section=data/) },
  { step: "the indexes", targets: ["rds"], kill: whenPrinted(/\$ \S*pg_restore .*post-data/) },
  { step: "the verification", targets: ["neon"], kill: whenPrinted(/^ {2}restore /m) },
  { step: "the upload", targets: ["rds"], kill: whenPrinted(/^ {2}verify /m) },
  { step: "the settings", targets: sides, kill: (pair, args) => killedAfter(pair, args, /^ {2}archive /m) },
  { step: "the swap", targets: sides, kill: duringSwap },
];

test("a restore that is killed at any step leaves the target unchanged, and the next one works", async () => {
  await using synced = await syncedPair();
  const { pair, archive, backup, previous } = synced;
  const present = await contentOf(pair, "neon");
  // Both dumps are restored to each target in turn, so that each restore changes the target.
  const dumps = [
    { key: archive, content: present },
    { key: backup, content: previous },
  ] as const;
  const restored: Record<Side, number> = { neon: 0, rds: 0 };
  for (const { step, targets, kill } of kills) {
    for (const target of targets) {
      const what = `${step}, to ${target}`;
      const [before, after] = restored[target] % 2 === 0 ? dumps : [dumps[1], dumps[0]];
      const args = ["restore", after.key, "--to", target, "--yes", "--verbose", "--allow-shrink"];
      expect((await kill(pair, args, target)).exitCode, what).toBe(-1);
      expect(await contentOfClosed(pair, target), what).toBe(before.content);
      const next = await sync(pair, args);
      expect(next.exitCode, `${what}: ${next.stderr}`).toBe(0);
      expect(await contentOf(pair, target), what).toBe(after.content);
      expect(await databasesOf(pair, target)).toHaveLength(2);
      expect(await leftFiles(pair)).toEqual([]);
      restored[target] += 1;
    }
  }
});
