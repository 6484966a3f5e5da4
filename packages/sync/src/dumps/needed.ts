/** The dumps that no prune deletes, with the reasons. */
import { systems } from "@pilot-light/core/dump-keys";
import type { DumpBucket } from "../archive/dump-bucket.ts";
import { isComplete, type CompleteDump, type StoredDump } from "../archive/stored-dump.ts";
import { tryManifest, type ManifestRead } from "./describe.ts";
import type { LastChange } from "./last-change.ts";

/** Reasons by key of the dump. */
export type Needed = ReadonlyMap<string, readonly string[]>;

/** Milliseconds after which the sync of a dump without a manifest cannot still run. */
const incompleteAfterMs = 24 * 3_600_000;

/**
 * Finds the needed dumps. Reads the manifests of the newest dumps first, and stops when it has found all needed dumps.
 * @param dumps all dumps of both databases, the newest first
 */
export async function findNeeded(
  bucket: DumpBucket,
  dumps: readonly StoredDump[],
  change: LastChange | undefined,
  signal: AbortSignal,
): Promise<Needed> {
  const reads = new Map<string, ManifestRead>();
  const read = async (dump: CompleteDump) => {
    const found = reads.get(dump.key) ?? (await tryManifest(bucket, dump, signal));
    reads.set(dump.key, found);
    return found;
  };
  const complete = dumps.filter(isComplete);
  const needed = new Map<string, string[]>();
  const add = (dump: StoredDump | undefined, reason: string) => {
    if (dump !== undefined) needed.set(dump.key, [...(needed.get(dump.key) ?? []), reason]);
  };
  for (const system of systems) {
    const own = complete.filter((dump) => dump.system === system);
    add(await firstGood(own, read), `the newest complete dump of ${system}`);
  }
  const archive = await firstGood(complete, read, "archive");
  add(archive, "the newest archive: a mode change compares both databases with it");
  for (const dump of dumps) {
    if (change !== undefined && isOf(change, dump)) add(dump, describeModeChange(change));
  }
  return needed;
}

/** How many manifests are read at the same time at most. */
const mostAtOnce = 32;

/**
 * The first dump whose manifest can be read and states the size of the dump. It is usually the first of all, so one manifest is read, then two, then
 * four at the same time.
 */
async function firstGood(
  dumps: readonly CompleteDump[],
  read: (dump: CompleteDump) => Promise<ManifestRead>,
  kind?: "archive",
): Promise<CompleteDump | undefined> {
  let atOnce = 1;
  for (let start = 0; start < dumps.length; start += atOnce, atOnce = Math.min(2 * atOnce, mostAtOnce)) {
    const batch = dumps.slice(start, start + atOnce);
    const reads = await Promise.all(batch.map(read));
    const good = batch.find((dump, index) => {
      const found = reads[index];
      if (found === undefined || !("manifest" in found) || found.manifest.bytes !== dump.bytes) return false;
      return kind === undefined || found.manifest.kind === kind;
    });
    if (good !== undefined) return good;
  }
  return undefined;
}

/** Whether a mode change may have written a dump. A key states the time in full seconds. */
export function isOf({ startedAt, finishedAt }: LastChange, { createdAt }: StoredDump): boolean {
  const begin = Math.floor(startedAt.getTime() / 1000) * 1000;
  return createdAt.getTime() >= begin && (finishedAt === null || createdAt <= finishedAt);
}

function describeModeChange({ command, startedAt, finishedAt }: LastChange): string {
  const time = startedAt.toISOString().slice(0, 16).replace("T", " ");
  const state = finishedAt === null ? "the unfinished" : "the last";
  return `written during ${state} mode change (${command}, ${time} UTC)`;
}

/** Whether the sync that writes a dump may still run. */
export function mayBeRunning(dump: StoredDump, now: number): boolean {
  if (isComplete(dump)) return false;
  return now - Math.max(dump.storedAt.getTime(), dump.createdAt.getTime()) < incompleteAfterMs;
}
