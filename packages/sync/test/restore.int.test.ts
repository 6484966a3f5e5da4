/** `pnpm sync restore`: both directions, both seeds, undo, and dumps of earlier versions. Checked independently of the tool. */
import { gunzipSync } from "node:zlib";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { assertDocument } from "@pilot-light/core/cli/documents";
import { manifestKey } from "@pilot-light/core/dump-keys";
import { createPair, type Pair, type Seed } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { documents } from "@pilot-light/sync/documents";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { contentOf, databasesOf, keysOf, leftFiles, objectOf, s3, sync, type SyncCall } from "./support.ts";
import { outputsFile } from "./untouched.ts";

const document = z.looseObject({
  outcome: z.string(),
  plan: z.looseObject({
    dump: z.looseObject({ key: z.string() }),
    backup: z.string().nullable(),
    verify: z.string().nullable(),
    unverified: z.array(z.string()),
    notes: z.array(z.string()),
    removedObjects: z.array(z.string()),
  }),
});

/** Runs a restore that must succeed; returns its document. */
async function restore(pair: Pair, key: string, ...args: readonly string[]) {
  return await restoreIn(pair, {}, key, ...args);
}

/** As `restore`, with changes to the environment of the pair. */
async function restoreIn(
  pair: Pair,
  env: NonNullable<SyncCall["env"]>,
  key: string,
  ...args: readonly string[]
) {
  const transcript = await sync(pair, ["restore", key, ...args, "--json"], { env });
  expect(transcript.exitCode, transcript.stderr + transcript.stdout).toBe(0);
  expect(await leftFiles(pair)).toEqual([]);
  return {
    ...document.parse(assertDocument(documents, JSON.parse(transcript.stdout))),
    steps: [...transcript.stderr.matchAll(/^ {2}(\w+) (?! *started)/gm)].map(([, step]) => step),
  };
}

/** Syncs Neon to RDS; returns the keys of the archive and of the backup. */
async function synced(pair: Pair): Promise<{ archive: string; backup: string }> {
  const before = await keysOf(pair);
  const { exitCode, stderr } = await sync(pair, ["neon-to-rds", "--yes", "--allow-shrink"]);
  expect(exitCode, stderr).toBe(0);
  const keys = (await keysOf(pair)).filter((key) => key.endsWith(".dump") && !before.includes(key));
  return {
    archive: keys.find((key) => key.startsWith("neon-")) ?? "",
    backup: keys.find((key) => key.startsWith("rds-")) ?? "",
  };
}

async function manifestOf(pair: Pair, key: string): Promise<Record<string, unknown>> {
  const text = Buffer.from(await objectOf(pair, manifestKey(key))).toString();
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}

async function putManifest(pair: Pair, key: string, manifest: object): Promise<void> {
  await s3(pair).send(
    new PutObjectCommand({ Bucket: pair.bucket, Key: manifestKey(key), Body: JSON.stringify(manifest) }),
  );
}

/** Turns a manifest into version 1, which earlier versions of the tool wrote. */
async function makeOld(pair: Pair, key: string): Promise<void> {
  const manifest = await manifestOf(pair, key);
  // JSON leaves out what is undefined.
  await putManifest(pair, key, { ...manifest, contents: undefined, details: undefined, version: 1 });
}

const seeds: { neon: Seed; rds: Seed }[] = [
  { neon: "app", rds: "awkward" },
  { neon: "awkward", rds: "app" },
];

describe.each(seeds)("with $neon on Neon and $rds on RDS", ({ neon, rds }) => {
  test("an archive and a backup are restored to either side, verified, and the restore is undone", async () => {
    await using pair = await createPair(testSandbox(), { neon, rds, rdsBypassRls: true });
    const [ofNeon, ofRds] = [await contentOf(pair, "neon"), await contentOf(pair, "rds")];
    const { archive, backup } = await synced(pair);

    // Restore the backup to its own database.
    const planned = await restore(pair, backup, "--to", "rds", "--dry-run", "--allow-shrink");
    expect(planned).toMatchObject({ outcome: "planned", plan: { verify: "counts" } });
    expect(await contentOf(pair, "rds")).toBe(ofNeon);
    const back = await restore(pair, backup, "--to", "rds", "--yes", "--allow-shrink");
    expect(back).toMatchObject({ outcome: "restored", plan: { dump: { key: backup }, verify: "counts" } });
    expect(back.steps).toEqual(["download", "check", "restore", "verify", "archive", "settings", "swap"]);
    expect(await contentOf(pair, "rds")).toBe(ofRds);
    const own = (back.plan.backup ?? "").replace(`s3://${pair.bucket}/`, "");
    expect(await manifestOf(pair, own)).toMatchObject({ kind: "backup", restored: backup });
    expect((await manifestOf(pair, own)).direction).toBeUndefined();

    // The newest dump is now the backup that the restore has made. `latest` is still the archive.
    const undone = await sync(pair, ["undo", "rds", "--yes"]);
    expect(undone.exitCode, undone.stderr).toBe(0);
    expect(await contentOf(pair, "rds")).toBe(ofNeon);

    // Restore the backup of RDS to Neon, then the archive of Neon.
    await restore(pair, backup, "--to", "neon", "--yes", "--allow-shrink");
    expect(await contentOf(pair, "neon")).toBe(ofRds);
    const latest = await restore(pair, "latest", "--to", "neon", "--yes", "--allow-shrink");
    expect(latest.plan).toMatchObject({ dump: { key: archive }, verify: "checksums", unverified: [] });
    expect(await contentOf(pair, "neon")).toBe(ofNeon);

    // The manifest holds no name of a role.
    const { details } = await manifestOf(pair, archive);
    const text = gunzipSync(Buffer.from(String(details), "base64")).toString();
    for (const role of [pair.neon.role, pair.rds.role]) expect(text).not.toContain(role);
    expect(await databasesOf(pair, "rds")).toHaveLength(2);
  });
});

test("manifests of version 1 are read: an archive is verified in the parts that it states, and a backup needs a flag", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const [ofNeon, ofRds] = [await contentOf(pair, "neon"), await contentOf(pair, "rds")];
  const { archive, backup } = await synced(pair);
  await makeOld(pair, archive);
  await makeOld(pair, backup);
  const refused = await sync(pair, ["restore", backup, "--to", "rds", "--yes", "--json"]);
  expect(refused.exitCode).toBe(4);
  expect(refused.stdout).toContain("DUMP_ROWS_UNKNOWN");
  expect(refused.stdout).toContain(`pnpm sync restore ${backup} --to rds --allow-unverified`);
  expect(await contentOf(pair, "rds")).toBe(ofNeon);
  // After the restore the rows are known, so the rule about lost rows applies.
  const { plan } = await restore(
    pair,
    backup,
    "--to",
    "rds",
    "--yes",
    "--allow-unverified",
    "--allow-shrink",
  );
  expect(plan.verify).toBeNull();
  expect(plan.unverified.join()).toContain("rows: ");
  expect(await contentOf(pair, "rds")).toBe(ofRds);
  // A restore needs only the database that it replaces.
  const again = await restoreIn(pair, { NEON_DATABASE_URL: undefined }, archive, "--to", "rds", "--yes");
  expect(again.plan).toMatchObject({ verify: "checksums" });
  expect(again.plan.unverified.join()).toContain("older version");
  expect(await contentOf(pair, "rds")).toBe(ofNeon);
  const withoutRds = await outputsFile(pair, (outputs) =>
    Object.fromEntries(Object.entries(outputs).filter(([name]) => !name.startsWith("database_"))),
  );
  await restore(pair, archive, "--to", "neon", "--dry-run", "--outputs-file", withoutRds);
});
