/** `pnpm dumps`: the dumps of one sync, damaged dumps, deletion, and a bucket with ten thousand dumps. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { assertDocument } from "@pilot-light/core/cli/documents";
import { resourceNames } from "@pilot-light/core/contract";
import { manifestKey } from "@pilot-light/core/dump-keys";
import { protectBucket } from "@pilot-light/sandbox/aws/resources";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { documents } from "@pilot-light/sync/documents";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { downloadProxy } from "./download-proxy.ts";
import { emulatorWithManyDumps } from "./many-dumps.ts";
import { awsProxy } from "./proxies.ts";
import { errorOf, keysOf, objectOf, s3, sync, type SyncCall } from "./support.ts";

let pair: Pair;
/** Keys of the dumps that the sync has written. */
let archive: string;
let backup: string;

const dumpDocument = z.looseObject({
  key: z.string(),
  status: z.string(),
  problem: z.string().nullable(),
  rows: z.number().nullable(),
  expiresAt: z.string().nullable(),
});
const document = z.looseObject({
  outcome: z.string(),
  dumps: z.array(dumpDocument).optional(),
  dump: dumpDocument.optional(),
  total: z.number().nullish(),
  problems: z.array(z.string()).optional(),
  sha256: z.string().optional(),
  file: z.string().optional(),
  deleted: z.array(z.string()).optional(),
  plan: z
    .looseObject({
      delete: z.array(z.looseObject({ key: z.string(), reason: z.string() })).optional(),
      needed: z.array(z.object({ key: z.string(), reasons: z.array(z.string()) })).optional(),
    })
    .optional(),
});

/** Runs `pnpm dumps ... --json`, which must end with an exit code; returns its document. */
async function dumps(args: readonly string[], call: SyncCall = {}, exit = 0) {
  const transcript = await sync(pair, ["dumps", ...args, "--json"], call);
  expect(transcript.exitCode, transcript.stderr).toBe(exit);
  return document.parse(assertDocument(documents, JSON.parse(transcript.stdout)));
}

/** Runs `pnpm dumps ...`, which must fail with a code; returns its error. */
async function refused(code: string, args: readonly string[], call: SyncCall = {}) {
  const error = errorOf(await sync(pair, ["dumps", ...args, "--json"], call));
  expect(error.code, error.message).toBe(code);
  return error;
}

async function put(key: string, body: Uint8Array | string): Promise<void> {
  await s3(pair).send(new PutObjectCommand({ Bucket: pair.bucket, Key: key, Body: body }));
}

/** Copies a dump with its manifest to another time. */
async function copyDump(from: string, to: string): Promise<void> {
  const manifest = JSON.parse(Buffer.from(await objectOf(pair, manifestKey(from))).toString()) as object;
  const CopySource = `${pair.bucket}/${from}`;
  await s3(pair).send(new CopyObjectCommand({ Bucket: pair.bucket, CopySource, Key: to }));
  await put(manifestKey(to), JSON.stringify({ ...manifest, key: to }));
}

async function drop(...keys: readonly string[]): Promise<void> {
  for (const Key of keys.flatMap((key) => [key, manifestKey(key)])) {
    await s3(pair).send(new DeleteObjectCommand({ Bucket: pair.bucket, Key }));
  }
}

/** Options of a call whose command sees a clock that is so many days ahead. */
const daysLater = (days: number) => ({
  NODE_OPTIONS: `--import=data:text/javascript,globalThis.now=Date.now;Date.now=()=>now()+${days * 86_400_000}`,
});

beforeAll(async () => {
  pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  await protectBucket(pair.env.AWS_ENDPOINT_URL ?? "", pair.bucket);
});
afterAll(() => pair.dispose());

test("a bucket without dumps has an empty list, and no latest dump", async () => {
  expect(await dumps(["list"])).toMatchObject({ dumps: [], total: 0 });
  expect((await refused("NO_DUMPS", ["show", "latest"])).exit).toBe(4);
});

test("the two dumps of a sync are listed, the archive first", async () => {
  const { exitCode, stderr } = await sync(pair, ["neon-to-rds", "--yes"]);
  expect(exitCode, stderr).toBe(0);
  [archive = "", backup = ""] = (await keysOf(pair)).filter((key) => key.endsWith(".dump"));
  const { dumps: listed = [], total } = await dumps(["list"]);
  expect(total).toBe(2);
  expect(listed).toMatchObject([
    { key: archive, status: "complete", kind: "archive", verified: "checksums", tables: 9, rows: 3560 },
    {
      key: backup,
      status: "complete",
      kind: "backup",
      verified: null,
      tables: 10,
      rows: expect.any(Number) as number,
    },
  ]);
  const days = (Date.parse(listed[0]?.expiresAt ?? "") - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(29.9);
  expect(days).toBeLessThanOrEqual(30);
  expect((await dumps(["list", "--system", "rds"])).dumps).toMatchObject([{ key: backup }]);
  expect(await dumps(["list", "--limit", "1"])).toMatchObject({ dumps: [{ key: archive }], total: 2 });
});

test("a dump is found by latest, by its key, its address, its manifest and a part of its key", async () => {
  const stamp = archive.replace(/^.*\/|\.dump$/g, "");
  for (const name of [
    ["latest"],
    [archive],
    [`s3://${pair.bucket}/${archive}`],
    [manifestKey(archive)],
    [stamp, "--system", "neon"],
    [archive.replace(".dump", "")],
  ]) {
    expect((await dumps(["show", ...name])).dump?.key, name.join(" ")).toBe(archive);
  }
  expect((await dumps(["show", "latest", "--system", "rds"])).dump?.key).toBe(backup);
  const ambiguous = await refused("DUMP_AMBIGUOUS", ["show", stamp]);
  expect(ambiguous.exit).toBe(2);
  expect(ambiguous.details.sort()).toEqual([archive, backup].sort());
  expect((await refused("DUMP_MISSING", ["show", "neon-dumps/2001-01-01T00-00-00"])).hint).toContain(
    "pnpm dumps list",
  );
});

test("an intact dump is verified, an archive and a backup, and nothing is left on disk", async () => {
  for (const key of [archive, backup]) {
    const bytes = await objectOf(pair, key);
    const verified = await dumps(["verify", key]);
    expect(verified).toMatchObject({ outcome: "intact", problems: [] });
    expect(verified.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
  }
  expect(await readdir(pair.env.TMPDIR ?? "")).toEqual([]);
});

describe("a download", () => {
  const directory = () => mkdtemp(join(pair.env.HOME ?? "", "download-"));

  test("has the bytes of the dump, and replaces no file", async () => {
    const file = join(await directory(), "x.dump");
    expect(await dumps(["download", "latest", "--file", file])).toMatchObject({
      outcome: "downloaded",
      file,
    });
    expect(Buffer.from(await objectOf(pair, archive)).equals(await readFile(file))).toBe(true);
    await writeFile(file, "mine");
    const error = await refused("FILE_EXISTS", ["download", "latest", "--file", file]);
    expect(error).toMatchObject({ exit: 4, state: "nothing-written" });
    expect(await readFile(file, "utf8")).toBe("mine");
  });

  test("continues with the missing bytes after the connection broke", async () => {
    const folder = await directory();
    await using aws = await downloadProxy(pair, "breaks");
    const file = join(folder, "x.dump");
    await dumps(["download", archive, "--file", file], { env: { AWS_ENDPOINT_URL: aws.url } });
    expect(aws.ranges).toEqual(["", expect.stringMatching(/^bytes=\d+-$/)]);
    expect(Buffer.from(await objectOf(pair, archive)).equals(await readFile(file))).toBe(true);
    expect(await readdir(folder)).toEqual(["x.dump"]);
  });

  test("that is interrupted leaves nothing", async () => {
    const folder = await directory();
    await using aws = await downloadProxy(pair, "stalls");
    const args = ["download", archive, "--file", join(folder, "x.dump")];
    let seen: string[] = [];
    const onStart: SyncCall["onStart"] = (child) => {
      void aws.half.then(async () => {
        seen = await readdir(folder);
        child.kill("SIGINT");
      });
    };
    const error = await refused("INTERRUPTED", args, { env: { AWS_ENDPOINT_URL: aws.url }, onStart });
    expect(error.exit).toBe(130);
    expect(seen).toEqual([expect.stringMatching(/^x\.dump\.\d+\.part$/)]);
    expect(await readdir(folder)).toEqual([]);
  });

  test("that was killed leaves a file that the next download removes", async () => {
    const folder = await directory();
    const file = join(folder, "x.dump");
    // No process has a number as high as this one.
    await writeFile(`${file}.999999999.part`, "half");
    await writeFile(`${file}.mine`, "mine");
    await dumps(["download", archive, "--file", file]);
    expect((await readdir(folder)).sort()).toEqual(["x.dump", "x.dump.mine"]);
  });

  test("to a directory that does not exist is refused with its name", async () => {
    const file = join(await directory(), "none", "x.dump");
    const error = await refused("FILE_UNWRITABLE", ["download", archive, "--file", file]);
    expect(error).toMatchObject({ exit: 3 });
    expect(error.message).toContain(file);
  });
});

describe("a damaged dump", () => {
  const damaged = "neon-dumps/2026-01-02T03-04-05.dump";
  let bytes: Uint8Array;
  beforeAll(async () => {
    await copyDump(archive, damaged);
    bytes = await objectOf(pair, damaged);
  });
  afterAll(() => drop(damaged));

  async function expectDamaged(problems: readonly unknown[]): Promise<void> {
    const found = await dumps(["verify", damaged], {}, 1);
    expect(found).toMatchObject({ outcome: "damaged", problems });
    const folder = await mkdtemp(join(pair.env.HOME ?? "", "damaged-"));
    const error = await refused("DUMP_NOT_INTACT", ["download", damaged, "--file", join(folder, "x")]);
    expect(error.exit).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  }

  test("that is truncated is found", async () => {
    await put(damaged, bytes.subarray(0, bytes.length - 100));
    await expectDamaged([
      expect.stringContaining(`has ${bytes.length - 100} bytes, but the manifest states ${bytes.length}`),
      expect.stringContaining("the SHA-256 of the dump is"),
      expect.stringContaining("pg_restore cannot read the dump"),
    ]);
  });

  test("with a flipped bit is found", async () => {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(flipped.length - 3000) ^ 1, flipped.length - 3000);
    await put(damaged, flipped);
    const found = await dumps(["verify", damaged], {}, 1);
    expect(found.problems?.[0]).toContain("the SHA-256 of the dump is");
  });

  test("that has the bytes of another dump is found, even if the manifest states the hash of these bytes", async () => {
    const other = await objectOf(pair, backup);
    await put(damaged, other);
    await expectDamaged(
      expect.arrayContaining([expect.stringContaining("the SHA-256 of the dump is")]) as string[],
    );
    const written = await objectOf(pair, manifestKey(damaged));
    const manifest = JSON.parse(Buffer.from(written).toString()) as object;
    const sha256 = createHash("sha256").update(other).digest("hex");
    await put(
      manifestKey(damaged),
      JSON.stringify({ ...manifest, bytes: other.length, sha256, key: archive }),
    );
    const { problems } = await dumps(["verify", damaged], {}, 1);
    expect(problems).toEqual([
      `the manifest belongs to another dump: ${archive}`,
      "the dump contains the table public.old_leads, which the manifest does not name",
    ]);
    await put(manifestKey(damaged), written);
  });

  test.each([
    [
      "of an unknown version",
      (manifest: object) => JSON.stringify({ ...manifest, version: 3 }),
      "has version 3",
    ],
    ["that is no JSON", () => "{", "it is not JSON"],
  ])("a manifest %s is reported by every command", async (_, change, reason) => {
    const written = await objectOf(pair, manifestKey(damaged));
    await put(manifestKey(damaged), change(JSON.parse(Buffer.from(written).toString()) as object));
    const { dumps: listed = [] } = await dumps(["list"]);
    const shown = listed.find(({ key }) => key === damaged);
    expect(shown).toMatchObject({ status: "unreadable", problem: expect.stringContaining(reason) as string });
    expect((await dumps(["show", damaged])).dump).toMatchObject({ status: "unreadable" });
    const error = await refused("MANIFEST_UNREADABLE", ["verify", damaged]);
    expect(error.details).toEqual([expect.stringContaining(reason)]);
    await put(manifestKey(damaged), written);
  });
});

describe("an incomplete dump", () => {
  const incomplete = "rds-dumps/2026-01-02T03-04-06.dump";
  beforeAll(() => put(incomplete, "x"));
  afterAll(() => drop(incomplete));

  test("is listed, and neither verified nor downloaded", async () => {
    const { dumps: listed = [] } = await dumps(["list"]);
    expect(listed.find(({ key }) => key === incomplete)).toMatchObject({
      status: "incomplete",
      problem: "it has no manifest",
      kind: null,
    });
    for (const command of ["verify", "download"]) {
      const error = await refused("DUMP_INCOMPLETE", [command, incomplete]);
      expect(error).toMatchObject({ exit: 4, hint: expect.stringContaining("aws s3 cp") as string });
    }
  });

  test("is deleted after a day, because its sync may still run until then", async () => {
    expect(await dumps(["prune", "--yes"])).toMatchObject({ outcome: "nothing to do" });
    const error = await refused("DUMP_NEEDED", ["rm", incomplete, "--yes"]);
    expect(error.details).toEqual([expect.stringContaining("its sync may still run")]);
    const later = await dumps(["prune", "--yes"], { env: daysLater(2) });
    expect(later.deleted).toEqual([incomplete]);
    expect(await keysOf(pair)).not.toContain(incomplete);
  });
});

describe("a deletion", () => {
  const old = ["01", "02", "03", "04"].map((day) => `neon-dumps/2026-02-${day}T00-00-00.dump`);
  beforeAll(async () => {
    for (const key of old) await copyDump(archive, key);
  });
  afterAll(() => drop(...old));

  const toDelete = async (args: readonly string[], call: SyncCall = {}) =>
    (await dumps(["prune", "--dry-run", ...args], call)).plan?.delete?.map(({ key }) => key) ?? [];
  const newestFirst = [...old].reverse();

  test("needs limits, and deletes what all of them allow", async () => {
    const before = await keysOf(pair);
    expect(await toDelete([])).toEqual([]);
    expect(await toDelete(["--keep", "3"])).toEqual(newestFirst.slice(2));
    expect(await toDelete(["--days", "1"])).toEqual(newestFirst);
    expect(await toDelete(["--days", "1", "--keep", "4"])).toEqual(newestFirst.slice(3));
    expect(await toDelete(["--days", "10000"])).toEqual([]);
    expect(await toDelete(["--days", "1", "--system", "rds"])).toEqual([]);
    expect(await keysOf(pair)).toEqual(before);
    const unconfirmed = await refused("CONFIRMATION_NEEDED", ["prune", "--keep", "3"]);
    expect(unconfirmed.hint).toContain("pnpm dumps prune --keep 3 --dry-run");
  });

  test("never deletes the newest complete dump of a database, nor the newest archive", async () => {
    const tomorrow = { env: daysLater(1000) };
    const { plan } = await dumps(["prune", "--dry-run", "--keep", "1", "--days", "1"], tomorrow);
    expect(plan?.needed).toEqual([
      {
        key: archive,
        reasons: ["the newest complete dump of neon", expect.stringContaining("newest archive")],
      },
      { key: backup, reasons: ["the newest complete dump of rds"] },
    ]);
    // The size of this newer dump differs from its manifest, so it does not count as good.
    const broken = "neon-dumps/2099-01-01T00-00-00.dump";
    await copyDump(archive, broken);
    await put(broken, "short");
    expect(await toDelete(["--keep", "1"], tomorrow)).toEqual(newestFirst);
    const error = await refused("DUMP_NEEDED", ["rm", archive, "--yes"]);
    expect(error).toMatchObject({ exit: 4, state: "nothing-written" });
    expect(error.hint).toContain(`pnpm dumps rm ${archive} --allow-needed`);
    await drop(broken);
  });

  test("leaves the dumps of the last mode change, which the journal records", async () => {
    // With Terraform Cloud, the journal is in the bucket of the dumps.
    const env = { TF_CLOUD_ORGANIZATION: "me", TF_WORKSPACE: "dev" };
    const journal = `${resourceNames(pair.project).stack}/lifecycle.json`;
    const entry = { version: 1, command: "deactivate", startedAt: "2026-02-03T00:00:00.500Z" };
    await put(journal, JSON.stringify({ ...entry, finishedAt: "2026-02-03T00:10:00.000Z" }));
    expect(await toDelete(["--days", "1"], { env })).toEqual([old[3], old[1], old[0]]);
    // A mode change that has not finished may need every later dump.
    await put(journal, JSON.stringify({ ...entry, finishedAt: null }));
    expect(await toDelete(["--days", "1"], { env })).toEqual([old[1], old[0]]);
    const needed = await refused("DUMP_NEEDED", ["rm", old[3] ?? "", "--yes"], { env });
    expect(needed.details).toEqual([
      "written during the unfinished mode change (deactivate, 2026-02-03 00:00 UTC)",
    ]);
    await put(journal, "{}");
    const unknown = await refused("LAST_CHANGE_UNKNOWN", ["prune", "--days", "1", "--yes"], { env });
    expect(unknown.message).toContain(journal);
    await s3(pair).send(new DeleteObjectCommand({ Bucket: pair.bucket, Key: journal }));
  });

  test("that S3 denies states that nothing was written, even if the rules of the bucket cannot be read", async () => {
    const before = await keysOf(pair);
    const denied = { status: 403, body: "<Error><Code>AccessDenied</Code><Message>no</Message></Error>" };
    await using aws = await awsProxy(pair, ({ path }) =>
      /[?&](?:delete|versioning|lifecycle)(?:[&=]|$)/.test(path) ? denied : undefined,
    );
    const env = { AWS_ENDPOINT_URL: aws.url };
    const error = await refused("AWS_ACCESS_DENIED", ["prune", "--days", "1", "--yes"], { env });
    expect(error).toMatchObject({ exit: 7, state: "nothing-written" });
    const { stderr } = await sync(pair, ["dumps", "prune", "--days", "1", "--dry-run"], { env });
    expect(stderr).toContain("The credentials may not read the versioning of the bucket");
    await using listing = await awsProxy(pair, ({ path }) =>
      path.includes("list-type=2") ? denied : undefined,
    );
    const list = await refused("AWS_ACCESS_DENIED", ["list"], { env: { AWS_ENDPOINT_URL: listing.url } });
    expect(list.message).toContain(pair.bucket);
    expect(await keysOf(pair)).toEqual(before);
  });

  test("that S3 carries out in part states what is not deleted", async () => {
    const [oldest = ""] = old;
    const error = `<Error><Key>${manifestKey(oldest)}</Key><Code>InternalError</Code><Message>again</Message></Error>`;
    await using aws = await awsProxy(pair, ({ path }) =>
      /[?&]delete(?:[&=]|$)/.test(path)
        ? { status: 200, body: `<DeleteResult>${error}</DeleteResult>` }
        : undefined,
    );
    const args = ["prune", "--keep", "3", "--yes"];
    const failed = await refused("DUMPS_NOT_DELETED", args, { env: { AWS_ENDPOINT_URL: aws.url } });
    expect(failed).toMatchObject({ exit: 7, state: "changed" });
    expect(failed.details).toEqual([`s3://${pair.bucket}/${manifestKey(oldest)}: InternalError again`]);
  });

  test("deletes dumps with their manifests, and S3 keeps their versions", async () => {
    const { stderr, exitCode } = await sync(pair, ["dumps", "prune", "--keep", "3", "--yes"]);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("S3 keeps a deleted dump as an earlier version for 7 days");
    expect(stderr).toContain(`aws s3api list-object-versions --bucket ${pair.bucket}`);
    const [oldest = "", second = ""] = old;
    const keys = await keysOf(pair);
    for (const gone of [oldest, second]) {
      expect(keys).not.toContain(gone);
      expect(keys).not.toContain(manifestKey(gone));
    }
    const versions = { Bucket: pair.bucket, Prefix: oldest.replace(".dump", "") };
    const { DeleteMarkers = [] } = await s3(pair).send(new ListObjectVersionsCommand(versions));
    expect(DeleteMarkers).toHaveLength(2);
    for (const { Key, VersionId } of DeleteMarkers) {
      await s3(pair).send(new DeleteObjectCommand({ Bucket: pair.bucket, Key, VersionId }));
    }
    expect(await dumps(["verify", oldest])).toMatchObject({ outcome: "intact" });
  });

  test("of one dump deletes the dump and its manifest; with the flag, also a needed dump", async () => {
    const [, , third = ""] = old;
    expect(await dumps(["rm", third, "--dry-run"])).toMatchObject({ outcome: "planned" });
    expect(await keysOf(pair)).toContain(third);
    expect(await dumps(["rm", third, "--yes"])).toMatchObject({ outcome: "removed" });
    const keys = await keysOf(pair);
    expect([keys.includes(third), keys.includes(manifestKey(third))]).toEqual([false, false]);
    await dumps(["rm", backup, "--yes", "--allow-needed"]);
    expect(await keysOf(pair)).not.toContain(backup);
  });
});

test("a bucket that does not exist, and an output without its name, are refused", async () => {
  const file = join(await mkdtemp(join(pair.env.HOME ?? "", "outputs-")), "outputs.json");
  const write = (name: string) =>
    writeFile(file, JSON.stringify({ stack: { db_backups_bucket_name: name } }));
  await write("no-such-bucket");
  expect((await refused("BUCKET_MISSING", ["list", "--outputs-file", file])).message).toContain(
    "no-such-bucket",
  );
  await write("");
  expect((await refused("OUTPUTS_INVALID", ["list", "--outputs-file", file])).message).toContain(
    "db_backups_bucket_name",
  );
});

test("of ten thousand dumps, the newest are listed with a few requests and within 150 MB", async () => {
  await using many = await emulatorWithManyDumps(pair);
  await using aws = await awsProxy({ ...pair, env: { ...pair.env, AWS_ENDPOINT_URL: many.url } });
  // A line on stderr at the end: the most memory, in kilobytes.
  const report = "process.on('exit',()=>console.error('peak',process.resourceUsage().maxRSS))";
  const env = { AWS_ENDPOINT_URL: aws.url, NODE_OPTIONS: `--import=data:text/javascript,${report}` };
  const { exitCode, stderr, stdout } = await sync(pair, ["dumps", "list", "--json"], { env });
  expect(exitCode, stderr).toBe(0);
  const list = document.parse(JSON.parse(stdout));
  expect(list.total).toBeNull();
  expect(list.dumps).toHaveLength(20);
  expect(list.dumps?.[0]?.key).toBe("neon-dumps/2026-11-01T00-00-00.dump");
  expect(list.dumps?.[19]?.key).toBe("rds-dumps/2026-10-31T23-41-00.dump");
  expect(Number(/peak (\d+)/.exec(stderr)?.[1]) / 1000).toBeLessThan(150);
  // To list all keys would take 20 pages of a thousand keys.
  const pages = aws.requests.filter(({ path }) => path.includes("list-type=2"));
  const others = aws.requests.filter((request) => !pages.includes(request));
  expect(pages.length).toBeLessThanOrEqual(14);
  // The other requests: a manifest for each of 20 lines, the account, the bucket and its rules.
  expect(others.length).toBeLessThanOrEqual(20 + 6);
});
