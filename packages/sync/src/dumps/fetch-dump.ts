/** Finds a dump, downloads it, and checks its bytes. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { withoutCredentials } from "@pilot-light/core/config/env";
import { ArchiveUnreadable, readArchive, type Archive } from "@pilot-light/core/inventory/archive";
import { OpsError } from "@pilot-light/core/ops-error";
import { formatBytes } from "@pilot-light/core/output/format";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { ClientPrograms } from "@pilot-light/core/postgres/programs";
import { byteProblems, downloadObject, type DownloadedFile } from "../archive/download.ts";
import type { DumpBucket } from "../archive/dump-bucket.ts";
import { dumpIncomplete, noDumps } from "../archive/errors.ts";
import type { Manifest } from "../archive/manifest.ts";
import { readManifest, readNewestArchive } from "../archive/read-dumps.ts";
import { readRetention } from "../archive/retention.ts";
import { isComplete, type CompleteDump } from "../archive/stored-dump.ts";
import { checkArchive } from "../copy/dump.ts";
import { tableProblems } from "./contents.ts";
import { describeDump } from "./describe.ts";
import type { Dump } from "./documents.ts";
import { findDump } from "./find-dump.ts";

/** A complete dump with its manifest. */
export interface Found {
  bucket: DumpBucket;
  stored: CompleteDump;
  manifest: Manifest;
  dump: Dump;
}

/**
 * Finds a dump, and reads its manifest.
 * @throws OpsError DUMP_INCOMPLETE (precondition), MANIFEST_UNREADABLE (aws), and as `findDump` does
 */
export async function findComplete(
  bucket: DumpBucket,
  key: string,
  system: DatabaseSystem | undefined,
  signal: AbortSignal,
): Promise<Found> {
  const stored = await findDump(bucket, key, system, signal);
  const uri = bucket.uri(stored.key);
  if (!isComplete(stored)) {
    throw dumpIncomplete({ uri, lacks: stored.bytes === undefined ? "dump" : "manifest" });
  }
  const [manifest, retention] = await Promise.all([
    readManifest(bucket, stored.key, signal),
    readRetention(bucket, signal),
  ]);
  if (manifest === undefined) throw dumpIncomplete({ uri, lacks: "manifest" });
  return { bucket, stored, manifest, dump: describeDump(bucket, stored, { manifest }, retention) };
}

/**
 * As `findComplete`, but `latest` means the newest archive. The newest dump of all may be the backup that the last restore made.
 * @throws OpsError NO_DUMPS (precondition), and as `findComplete` does
 */
export async function findArchive(wanted: string, bucket: DumpBucket, signal: AbortSignal): Promise<Found> {
  const key = wanted === "latest" ? (await readNewestArchive(bucket, signal))?.key : wanted;
  if (key === undefined) throw noDumps({ bucket: bucket.name, system: undefined });
  return await findComplete(bucket, key, undefined, signal);
}

/** Downloads a dump. */
export async function fetchDump(
  bucket: DumpBucket,
  { key, bytes }: Pick<CompleteDump, "key" | "bytes">,
  file: string,
  { printer, signal }: CommandContext,
): Promise<DownloadedFile> {
  const megabytes = (count: number) => Math.ceil(count / 1_000_000);
  return await printer.step("download", async (report) => {
    const value = await downloadObject(bucket, key, { file, bytes }, signal, (done) =>
      report({ done: megabytes(done), all: megabytes(bytes), noun: "MB" }),
    );
    return { value, summary: formatBytes(value.bytes) };
  });
}

/** The result of a check of the bytes. */
export interface CheckedDump {
  /** Sentences; empty for an intact dump. */
  problems: string[];
  /** The table of contents; null if it cannot be read. */
  archive: Archive | null;
}

/** Checks a downloaded dump: size and SHA-256, every byte by pg_restore, the table of contents against the tables of the manifest. */
export async function checkBytes(
  { stored, manifest }: Pick<Found, "manifest"> & { stored: Pick<CompleteDump, "key"> },
  found: DownloadedFile,
  { pgRestore }: Pick<ClientPrograms, "pgRestore">,
  { environment, signal }: CommandContext,
): Promise<CheckedDump> {
  const problems = byteProblems(stored.key, manifest, found);
  const reading = await checkArchive({ pgRestore }, found.file, withoutCredentials(environment), signal).then(
    () => [],
    (error: unknown) => {
      if (!(error instanceof OpsError) || error.code !== "DUMP_DAMAGED") throw error;
      return [`pg_restore cannot read the dump: ${error.details.join("; ")}`];
    },
  );
  problems.push(...reading);
  if (reading.length > 0) return { problems, archive: null };
  try {
    const archive = await readArchive(found.file);
    const contents = manifest.verified ?? manifest.contents;
    if (contents !== undefined) {
      problems.push(...tableProblems(archive.entries, Object.keys(contents.tables)));
    }
    return { problems, archive };
  } catch (error) {
    if (!(error instanceof ArchiveUnreadable)) throw error;
    problems.push(`the table of contents cannot be read: ${error.message}`);
    return { problems, archive: null };
  }
}
