/**
 * The draft of a manifest: what a dump contains, written once the dump is complete in S3 and deleted when the sync has ended. After a crash
 * the draft remains, so that `pnpm sync <direction> --resume` can restore the dump. A draft never replaces a manifest: a dump that has only a
 * draft counts as incomplete.
 */
import { draftKey, isDraftKey, parseDumpKey, timestamp } from "@pilot-light/core/dump-keys";
import { z } from "zod";
import type { SyncDirection } from "../direction.ts";
import type { DatabaseFacts } from "../read/database-facts.ts";
import type { DumpBucket } from "./dump-bucket.ts";
import { manifestSchema, scriptSchema } from "./manifest.ts";
import { listSince, readText } from "./read-dumps.ts";
import { dumpsOf, type StoredDump } from "./stored-dump.ts";

const draftSchema = z.object({
  version: z.literal(1),
  /** Its `contents` state the rows. Its `target` is the database that the sync was to replace. */
  manifest: manifestSchema,
  /** OID of the staging database, which has the target's name if the sync was killed after its swap. */
  staging: z.number(),
  /** Of the target, before the sync. Earlier versions of the tool did not write it. */
  oldestRelations: z.array(z.number()).readonly().exactOptional(),
  /** The script that was to change the copy. */
  afterRestore: scriptSchema.exactOptional(),
});

export type Draft = z.infer<typeof draftSchema>;

/** A dump that an interrupted sync left complete. */
export interface InterruptedDump {
  stored: StoredDump & { bytes: number };
  draft: Draft;
}

/** A draft is usable for a day. After that, a prune may delete its dump. */
const usableMs = 24 * 3_600_000;

/**
 * Finds the newest dump with a draft in this direction: an interrupted sync left it, or its sync still runs. A draft that this version of
 * the tool cannot read is ignored.
 * @throws OpsError BUCKET_MISSING, AWS_* (aws)
 */
export async function findInterrupted(
  bucket: DumpBucket,
  { name, source }: SyncDirection,
  signal: AbortSignal,
): Promise<InterruptedDump | undefined> {
  const since = timestamp(new Date(Date.now() - usableMs));
  const objects = await listSince(bucket, source, since, signal);
  const drafts = new Set(objects.map(({ key }) => key).filter(isDraftKey));
  for (const stored of dumpsOf(objects)) {
    const { bytes, key, manifestAt } = stored;
    if (bytes === undefined || manifestAt !== undefined || !drafts.has(draftKey(key))) continue;
    const draft = parse(await readText(bucket, draftKey(key), signal));
    if (draft?.manifest.direction === name && draft.manifest.key === key) {
      return { stored: { ...stored, bytes }, draft };
    }
  }
  return undefined;
}

function parse(text: string | undefined): Draft | undefined {
  try {
    return text === undefined ? undefined : draftSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The target: its OID, when its contents were replaced in place, and what shows it if nothing may state it. */
export type Replaceable = Pick<DatabaseFacts, "oid" | "inPlace" | "oldestRelations">;

/** Why `--resume` can no longer use a dump. */
export type Obsolete =
  /** The interrupted sync had replaced the target before it was killed. */
  | "replaced"
  /** Another sync, restore or undo has replaced the target since, or its opposite has replaced the source. */
  | "superseded";

/**
 * Whether the target is still the database that the interrupted sync was to replace. Pure.
 * @param newestArchive key of the newest archive of both directions
 */
export function obsolete(
  { stored, draft: { manifest, staging, oldestRelations: before } }: InterruptedDump,
  { oid, inPlace, oldestRelations }: Replaceable,
  newestArchive: string | undefined,
): Obsolete | undefined {
  if (oid === staging) return "replaced";
  const stampOf = (key: string | undefined) => parseDumpKey(key ?? "")?.stamp ?? "";
  const isNewer = [stampOf(newestArchive), inPlace?.at ?? ""].some((stamp) => stamp > stampOf(stored.key));
  const isOther = oid !== manifest.target?.oid || !shares(before, oldestRelations);
  return isOther || isNewer ? "superseded" : undefined;
}

/**
 * Whether the database still has one of the relations that it had. Only the owner of a database may state in its comment that its contents
 * were replaced in place; that all relations are new shows it as well.
 */
function shares(before: readonly number[] | undefined, now: readonly number[]): boolean {
  if (before === undefined || before.length + now.length === 0) return true;
  return before.some((relation) => now.includes(relation));
}
