/**
 * The mark of a database as the bucket states it. The comment on the database holds the mark as well, but a person may have replaced the
 * comment. The OID identifies the database: a swap and an undo change only names.
 */
import { isManifestKey, isMarkKey, manifestKey } from "@pilot-light/core/dump-keys";
import { z } from "zod";
import type { CopyMark, InPlaceMark } from "../read/copy-mark.ts";
import type { DumpBucket } from "./dump-bucket.ts";
import { markSchema } from "./manifest.ts";
import { listKeys, readText } from "./read-dumps.ts";

/** A database of a server. */
export interface NamedDatabase {
  system: "neon" | "rds";
  host: string;
  oid: number;
}

/** A database, and when its contents were replaced in place: then it kept its OID. */
export type CurrentDatabase = NamedDatabase & { inPlace?: InPlaceMark | undefined };

/** The record of a mark, which a run writes before the marked database becomes the target. */
export interface MarkRecord {
  version: 1;
  database: NamedDatabase & { name: string; mark: CopyMark };
}

const sideSchema = z.looseObject({
  system: z.string(),
  host: z.string(),
  oid: z.number(),
  mark: z.unknown().optional(),
});

/** The fields that state a mark, in a manifest of any version or in the record of a mark. */
const statesSchema = z.looseObject({
  kind: z.string().optional(),
  database: sideSchema.optional().catch(undefined),
  target: sideSchema.optional().catch(undefined),
});

/** How many objects are read at the same time. */
const atOnce = 8;

/**
 * Reads the mark; undefined if no object states one. Records of marks are read first, then manifests, the newest first. The search ends at
 * the manifest of the archive from which the database was created.
 * @throws OpsError BUCKET_MISSING, AWS_* (aws)
 */
export async function readRecordedMark(
  bucket: DumpBucket,
  database: CurrentDatabase,
  signal: AbortSignal,
): Promise<CopyMark | undefined> {
  const keys = keysOfContents(await listKeys(bucket, signal), database).sort(newestFirst);
  const ordered = [...keys.filter(isMarkKey), ...keys.filter(isManifestKey)];
  for (let start = 0; start < ordered.length; start += atOnce) {
    const texts = await Promise.all(
      ordered.slice(start, start + atOnce).map((key) => readText(bucket, key, signal)),
    );
    for (const text of texts) {
      const stated = text === undefined ? "unknown" : statedMark(text, database);
      if (stated === "none") return undefined;
      if (stated !== "unknown") return stated;
    }
  }
  return undefined;
}

/**
 * What an object of the bucket states about a database. A mark that cannot be read is still a mark. A backup without a mark proves nothing: a
 * person may have replaced the comment before the backup. Pure.
 */
export function statedMark(text: string, named: NamedDatabase): CopyMark | "none" | "unknown" {
  const { database, target, kind } = parse(text);
  const side = [target, database].find((each) => isDatabase(each, named));
  if (side?.mark !== undefined && side.mark !== null) {
    const mark = markSchema.safeParse(side.mark);
    const isKnown = mark.success && Object.keys(mark.data).length > 0;
    return isKnown ? mark.data : { unreadable: true };
  }
  return kind === "archive" && isDatabase(target, named) ? "none" : "unknown";
}

/** Whether a side of a manifest is this database. */
export function isDatabase(
  side: { system: string; host: string; oid?: number } | undefined,
  { system, host, oid }: NamedDatabase,
): boolean {
  return side?.system === system && side.host === host && side.oid === oid;
}

function parse(text: string): z.infer<typeof statesSchema> {
  try {
    return statesSchema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/**
 * The keys of the objects that may describe the present contents. The backup of a replacement in place describes the earlier contents, so its
 * key is left out. Pure.
 */
export function keysOfContents(
  keys: readonly string[],
  { inPlace }: Pick<CurrentDatabase, "inPlace">,
): string[] {
  if (inPlace === undefined) return [...keys];
  const before = manifestKey(inPlace.backup);
  return keys.filter((key) => stampIn(key) >= inPlace.at && key !== before);
}

function newestFirst(a: string, b: string): number {
  return stampIn(b).localeCompare(stampIn(a));
}

/** A key without its prefix: the time, and the ending. */
function stampIn(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}
