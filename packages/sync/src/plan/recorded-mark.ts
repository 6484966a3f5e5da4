/**
 * The mark of a database as the newest manifest in S3 states it. A person may have replaced the comment on the database, which holds the
 * mark as well.
 */
import { timestamp } from "@pilot-light/core/dump-keys";
import { OpsError } from "@pilot-light/core/ops-error";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { DumpStore } from "../archive/dump-store.ts";
import type { Manifest } from "../archive/manifest.ts";
import type { CopyMark } from "../read/copy-mark.ts";
import type { DatabaseFacts } from "../read/database-facts.ts";

/**
 * Reads it; undefined where the newest archive does not state it.
 * @param database its OID, since an undo gives its name to another one
 * @throws OpsError AWS_* (aws)
 */
export async function readRecordedMark(
  store: DumpStore,
  endpoint: Endpoint,
  database: Pick<DatabaseFacts, "oid" | "inPlace">,
  signal: AbortSignal,
): Promise<CopyMark | undefined> {
  const manifest = await store.newestArchive(signal).catch((error: unknown) => {
    // Of a newer version of the tool, for example. The comment still counts.
    if (error instanceof OpsError && error.code === "MANIFEST_UNREADABLE") return undefined;
    throw error;
  });
  return manifest === undefined ? undefined : recordedMark(manifest, endpoint, database);
}

/** The mark that a manifest states for a database. Pure. */
export function recordedMark(
  { createdAt, database, target }: Pick<Manifest, "createdAt" | "database" | "target">,
  { system, host }: Pick<Endpoint, "system" | "host">,
  { oid, inPlace }: Pick<DatabaseFacts, "oid" | "inPlace">,
): CopyMark | undefined {
  // The OID has other contents since.
  if (inPlace !== undefined && timestamp(new Date(createdAt)) < inPlace.at) return undefined;
  const sides = [database, ...(target === undefined ? [] : [target])];
  return sides.find((side) => side.system === system && side.host === host && side.oid === oid)?.mark;
}
