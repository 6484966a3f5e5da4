/**
 * Finds a dump in S3 that the target still equals, so that pg_dump need not read the target once more. The target is compared with the dump
 * as a copy that was restored from it: every row, object and position. Any doubt means that the target is dumped.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { entriesLacking } from "@pilot-light/core/inventory/archive-compare";
import { compareFingerprints } from "@pilot-light/core/inventory/compare";
import { readingOf } from "@pilot-light/core/inventory/tables";
import { messageOf } from "@pilot-light/core/ops-error";
import { decodeDetails } from "../archive/details.ts";
import { byteProblems, downloadObject } from "../archive/download.ts";
import type { DumpContents, Manifest } from "../archive/manifest.ts";
import { listNewest, readManifest } from "../archive/read-dumps.ts";
import { isDatabase } from "../archive/recorded-mark.ts";
import { isComplete, type CompleteDump } from "../archive/stored-dump.ts";
import { differencesBetween } from "../copy/equality.ts";
import { readOwnArchive } from "../copy/own-archive.ts";
import { isLeftOut } from "../copy/restore-list.ts";
import { dumpSchema } from "../copy/schema-dump.ts";
import type { StepContext, SyncJob } from "../job.ts";
import { sessionOptions } from "../read/connect.ts";
import { installedVersions } from "../read/extensions.ts";
import { readBusy } from "../read/lock-watch.ts";
import { openSnapshot, type Snapshot } from "../read/snapshot.ts";
import { ownsPublic } from "../target/maintenance.ts";
import { compareWith } from "./compare-with-dump.ts";
import { readContents, type BackedUp } from "./target-contents.ts";

/** A dump whose bytes are a dump of the target. */
export interface EqualDump extends BackedUp {
  key: string;
  /** Version of the pg_dump that wrote it. */
  clientVersion: string;
}

/** A dump that the target may equal. */
interface Candidate {
  stored: CompleteDump;
  manifest: Manifest;
  contents: DumpContents;
}

/** So many of the newest dumps are looked at. A sync writes two. */
const mostManifests = 4;

/**
 * Finds such a dump, and downloads it. Never fails itself: the dump of the target then tells what is wrong.
 * @param file where the dump is downloaded to; does not exist unless a dump was found
 */
export async function findEqualDump(file: string, context: StepContext): Promise<EqualDump | undefined> {
  const { job, printer, signal } = context;
  try {
    const candidate = await findCandidate(job, signal);
    if (candidate === undefined) return undefined;
    const { key } = candidate.stored;
    const found = await readBusy(job.target, "target", context, () => compare(candidate, file, context));
    printer.detail(`the target ${found === undefined ? "no longer equals" : "equals"} ${job.store.uri(key)}`);
    if (found !== undefined) return { ...found, key, clientVersion: candidate.manifest.clientVersion };
  } catch (error) {
    signal.throwIfAborted();
    printer.detail(`the target was not compared with an earlier dump: ${messageOf(error)}`);
  }
  await rm(file, { force: true });
  return undefined;
}

/** The newest dump with hashes of a database that is the target, or that the target was restored from. */
async function findCandidate(job: SyncJob, signal: AbortSignal): Promise<Candidate | undefined> {
  const { bucket } = job.store;
  const enough = (dumps: readonly unknown[]) => dumps.length >= mostManifests;
  const { dumps } = await listNewest(bucket, undefined, enough, signal);
  for (const stored of dumps.filter(isComplete).slice(0, mostManifests)) {
    const manifest = await readManifest(bucket, stored.key, signal);
    const contents = manifest?.verified ?? manifest?.contents;
    if (manifest === undefined || contents === undefined || !isOfTarget(manifest, job)) continue;
    return contents.depth === "checksums" && hasRows(contents.tables, job.targetRows)
      ? { stored, manifest, contents }
      : undefined;
  }
  return undefined;
}

/** Another major may write definitions and values differently. */
function isOfTarget({ target, database }: Manifest, job: SyncJob): boolean {
  const major = (version: string) => Number.parseInt(version, 10);
  if (major(database.serverVersion) !== major(job.versions.target)) return false;
  const named = { ...job.target, oid: job.oids.target };
  return [target, database].some((side) => isDatabase(side, named));
}

/** Whether the plan counted the same numbers of rows: nothing is hashed for a target that has visibly changed. */
function hasRows(stated: DumpContents["tables"], counted: SyncJob["targetRows"]): boolean {
  const tables = Object.entries(stated);
  return (
    tables.length === counted.size &&
    tables.every(([table, { rows }]) => {
      const found = counted.get(table);
      return found === null || found === rows;
    })
  );
}

async function compare(
  candidate: Candidate,
  file: string,
  context: StepContext,
): Promise<BackedUp | undefined> {
  const { environment, job, signal } = context;
  const options = sessionOptions("target", environment, signal);
  await using snapshot = await openSnapshot(job.target, 1, options, { besideDump: true });
  const found = await compareIn(snapshot, candidate, file, context);
  if (found !== undefined) await snapshot.assertNotRewritten("target");
  return found;
}

/** Reads first what costs the least of the line: the dump is downloaded only when all rows are equal. */
async function compareIn(
  snapshot: Snapshot,
  { stored, manifest, contents }: Candidate,
  file: string,
  context: StepContext,
): Promise<BackedUp | undefined> {
  const { job, libpq, signal } = context;
  const { key } = stored;
  const { bucket } = job.store;
  const details = decodeDetails(manifest, bucket.uri(key));
  // Without them, a comparison finds fewer differences.
  if (details === undefined) return undefined;
  // First: a TRUNCATE that waits for readers of rows would make pg_dump wait behind it.
  const definitions = await dumpSchema({
    endpoint: job.target,
    system: job.target.system,
    programs: job.programs,
    environment: libpq.target,
    database: job.target.database,
    snapshot: snapshot.id,
    file: join(job.workDirectory, "target.schema"),
    signal,
  });
  const found = await readContents(snapshot, readingOf("checksums", contents.tables));
  const stated = new Map(Object.entries(contents.tables));
  if (compareFingerprints("table", stated, found.inventory.tables).length > 0) return undefined;
  // The dump of the source reports its progress at the same time.
  const quiet = () => undefined;
  const downloaded = await downloadObject(bucket, key, { file, bytes: stored.bytes }, signal, quiet);
  if (byteProblems(key, manifest, downloaded).length > 0) return undefined;
  const archive = await readOwnArchive(file);
  const isOwn = manifest.database.system === job.target.system;
  const leftOut = {
    skippedExtensions: isOwn ? [] : job.skippedExtensions,
    skippedRelations: new Set<string>(),
    mayCommentPublic: isOwn || (await ownsPublic(job.maintenance)),
  };
  const isSkipped = (entry: ArchiveEntry) => isLeftOut(entry, leftOut);
  if (entriesLacking(archive, definitions, { isLeftOut: isSkipped }).length > 0) return undefined;
  const restored = archive.entries.filter((entry) => !isSkipped(entry));
  const configuration = new Set(found.relations.map(({ identity }) => identity));
  const { expected, actual, sequencesAfter } = compareWith(
    { archive, contents, details },
    restored,
    configuration,
    {
      ...found,
      archive: definitions,
    },
  );
  const differences = differencesBetween(expected, actual, {
    sequencesAfter,
    sameMajor: true,
    skippedExtensions: leftOut.skippedExtensions,
    installedVersions: await installedVersions(snapshot.first),
    isLeftOut: isSkipped,
  });
  return differences.length === 0 ? { ...found, snapshot: snapshot.id } : undefined;
}
