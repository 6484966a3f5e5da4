/** Describes dumps for the commands: what the bucket lists, and what the manifests state. */
import { drain } from "@pilot-light/core/async/settle";
import { OpsError } from "@pilot-light/core/ops-error";
import type { DumpBucket } from "../archive/dump-bucket.ts";
import { describeChangedCopy, type Manifest } from "../archive/manifest.ts";
import { readManifest } from "../archive/read-dumps.ts";
import { expiryOf, type Retention } from "../archive/retention.ts";
import type { StoredDump } from "../archive/stored-dump.ts";
import type { Dump } from "./documents.ts";

/** The manifest of a dump, or why it cannot be read. */
export type ManifestRead = { manifest: Manifest } | { problem: string };

const parallelRequests = 8;

/**
 * Reads the manifest of a dump. If this version of the tool cannot read the manifest, the function returns the problem.
 * @throws OpsError AWS_* (aws)
 */
export async function tryManifest(
  bucket: DumpBucket,
  { key, bytes }: StoredDump,
  signal: AbortSignal,
): Promise<ManifestRead> {
  try {
    const manifest = await readManifest(bucket, key, signal);
    if (manifest === undefined) return { problem: "it has no manifest" };
    if (bytes === undefined) return { problem: "only its manifest exists" };
    return { manifest };
  } catch (error) {
    if (!(error instanceof OpsError) || error.code !== "MANIFEST_UNREADABLE") throw error;
    return { problem: [error.message.replace(/\.$/, ""), ...error.details].join(": ") };
  }
}

/** Reads the manifests of dumps, several at a time. */
export async function readManifests(
  bucket: DumpBucket,
  dumps: readonly StoredDump[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ManifestRead>> {
  const found = new Map<string, ManifestRead>();
  await drain(dumps, Array.from({ length: parallelRequests }), async (dump) => {
    // If the listing shows that the manifest is missing, no request is needed.
    const read = dump.manifestAt === undefined ? { problem: "it has no manifest" } : undefined;
    found.set(dump.key, read ?? (await tryManifest(bucket, dump, signal)));
  });
  return found;
}

/** A dump as the commands show it. Pure. */
export function describeDump(
  bucket: DumpBucket,
  dump: StoredDump,
  read: ManifestRead,
  retention: Retention,
): Dump {
  const { key, system, createdAt, storedAt, manifestAt, bytes } = dump;
  const manifest = "manifest" in read ? read.manifest : undefined;
  const tables = (manifest?.verified ?? manifest?.contents)?.tables;
  const isWhole = bytes !== undefined && manifestAt !== undefined;
  return {
    key,
    uri: bucket.uri(key),
    system,
    createdAt: createdAt.toISOString(),
    status: manifest !== undefined ? "complete" : isWhole ? "unreadable" : "incomplete",
    problem: "problem" in read ? read.problem : null,
    kind: manifest?.kind ?? null,
    bytes: bytes ?? null,
    tables: tables === undefined ? null : Object.keys(tables).length,
    rows: tables === undefined ? null : Object.values(tables).reduce((sum, { rows }) => sum + rows, 0),
    verified: manifest?.verified?.depth ?? null,
    changed: manifest === undefined ? null : describeChangedCopy(manifest),
    createdBy: manifest?.createdBy ?? null,
    expiresAt: expiryOf(storedAt, retention),
  };
}
