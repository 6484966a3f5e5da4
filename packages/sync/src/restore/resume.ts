/** The part of `pnpm sync <direction> --resume` that a restore does not have: it finds the dump, and checks that no other command has replaced a database. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { formatDuration } from "@pilot-light/core/output/format";
import { findInterrupted, obsolete, type InterruptedDump, type Replaceable } from "../archive/drafts.ts";
import { readNewestArchive } from "../archive/read-dumps.ts";
import type { DumpBucket } from "../archive/dump-bucket.ts";
import type { DumpStore } from "../archive/dump-store.ts";
import { noDumpToResume, resumeReplaced, resumeSuperseded, resumeWithoutScript } from "../archive/errors.ts";
import type { OpenedDump } from "../archive/opened-dump.ts";
import type { Direction, SyncDirection } from "../direction.ts";
import type { RestoreOptions } from "../options.ts";
import type { PreparedRestore } from "../plan/prepare-restore.ts";
import { openFound } from "./open-dump.ts";

/**
 * Finds the dump of the interrupted sync, and opens it.
 * @throws OpsError NO_DUMP_TO_RESUME, RESUME_WITHOUT_SCRIPT (precondition), and as `openDump` does
 */
export async function openInterrupted(
  direction: SyncDirection,
  { script }: RestoreOptions,
  bucket: DumpBucket,
  directory: string,
  context: CommandContext,
): Promise<{ dump: OpenedDump; interrupted: InterruptedDump }> {
  const interrupted = await findInterrupted(bucket, direction, context.signal);
  if (interrupted === undefined) throw noDumpToResume({ direction: direction.name, bucket: bucket.name });
  const { stored, draft } = interrupted;
  const { afterRestore } = draft;
  if (afterRestore !== undefined && afterRestore.sha256 !== script?.sha256) {
    throw resumeWithoutScript({ direction: direction.name, ...afterRestore, isOther: script !== undefined });
  }
  const dump = await openFound({ stored, manifest: draft.manifest }, bucket, directory, context);
  return { dump, interrupted };
}

/**
 * Checks under the lock that the dump and its draft still exist: the sync that wrote them may have run until now.
 * @throws OpsError NO_DUMP_TO_RESUME (precondition)
 */
export async function assertInterrupted(
  { stored }: InterruptedDump,
  { name, source, target }: Direction,
  store: DumpStore,
  { signal }: CommandContext,
): Promise<void> {
  if (name === "restore") return;
  const now = await findInterrupted(store.bucket, { name, source, target }, signal);
  if (now?.stored.key !== stored.key) throw noDumpToResume({ direction: name, bucket: store.bucket.name });
}

/** @throws OpsError RESUME_REPLACED, RESUME_SUPERSEDED (precondition) */
export async function assertResumable(
  interrupted: InterruptedDump,
  {
    direction,
    facts: database,
    target,
  }: {
    direction: Direction;
    facts: Replaceable;
    target: { database: string; system: string; host: string };
  },
  store: DumpStore,
  { signal }: CommandContext,
): Promise<void> {
  const { key } = interrupted.stored;
  const recorded = interrupted.draft.manifest.target;
  const isTarget = recorded?.host === target.host && recorded.name === target.database;
  const newest = (await readNewestArchive(store.bucket, signal))?.key;
  const reason = isTarget ? obsolete(interrupted, database, newest) : "superseded";
  if (reason === undefined) return;
  const facts = { direction: direction.name, uri: store.uri(key), database: target.database };
  throw reason === "replaced"
    ? resumeReplaced({ ...facts, system: direction.target })
    : resumeSuperseded({ ...facts, system: direction.target });
}

/** Turns the plan of a restore into the plan of a resumed sync. Pure. */
export function resumed(
  prepared: PreparedRestore,
  { stored, draft }: InterruptedDump,
  { source, target }: Direction,
  now: number,
): PreparedRestore {
  const ageMs = now - stored.createdAt.getTime();
  const notes = [
    `the dump is ${formatDuration(ageMs)} old: the copy lacks what was written to ${source} since then`,
    ...(target === "neon" ? [`production reads ${target}, and will not have these rows`] : []),
  ];
  const { direction } = draft.manifest;
  const resumes = direction === undefined ? null : { direction, ageMs };
  return {
    ...prepared,
    plan: { ...prepared.plan, resumes, notes: [...notes, ...prepared.plan.notes] },
  };
}
