/** Finds the dump that a person names: `latest`, a key, or a part of a key. */
import { isManifestKey } from "@pilot-light/core/dump-keys";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { DumpBucket } from "../archive/dump-bucket.ts";
import { dumpAmbiguous, dumpMissing, noDumps } from "../archive/errors.ts";
import { listBelow, listDumps, listNewest } from "../archive/read-dumps.ts";
import { isComplete, type StoredDump } from "../archive/stored-dump.ts";

/**
 * Finds the dump. `latest` is the newest complete dump. A sync writes two dumps: then `latest` is the archive.
 * @param system the system of the dumped database; undefined for both
 * @throws OpsError DUMP_MISSING, NO_DUMPS (precondition), DUMP_AMBIGUOUS (usage), AWS_* (aws)
 */
export async function findDump(
  bucket: DumpBucket,
  wanted: string,
  system: DatabaseSystem | undefined,
  signal: AbortSignal,
): Promise<StoredDump> {
  if (wanted === "latest") {
    const { dumps } = await listNewest(bucket, system, (found) => found.some(isComplete), signal);
    const newest = dumps.find(isComplete);
    if (newest === undefined) throw noDumps({ bucket: bucket.name, system });
    return newest;
  }
  const text = keyPart(wanted, bucket);
  const isPrefix = /^(?:neon|rds)-dumps\/./.test(text);
  const all = isPrefix ? await listBelow(bucket, text, signal) : await listDumps(bucket, system, signal);
  return pickDump(wanted, text, system, all, bucket.name);
}

/** The text that the key of the dump contains. A person may have copied an address, or the key of a dump or of a manifest. */
function keyPart(wanted: string, bucket: DumpBucket): string {
  const address = bucket.uri("");
  const key = wanted.startsWith(address) ? wanted.slice(address.length) : wanted;
  return isManifestKey(key) ? key.replace(/\.manifest\.json$/, "") : key.replace(/\.dump$/, "");
}

/** The one dump whose key contains a text. Pure. */
export function pickDump(
  wanted: string,
  text: string,
  system: DatabaseSystem | undefined,
  dumps: readonly StoredDump[],
  bucket: string,
): StoredDump {
  const fitting = dumps.filter(
    (dump) => dump.key.includes(text) && (system === undefined || dump.system === system),
  );
  const [found, ...others] = fitting;
  if (found === undefined || text === "") throw dumpMissing({ key: wanted, bucket });
  if (others.length > 0) throw dumpAmbiguous({ key: wanted, keys: fitting.map(({ key }) => key) });
  return found;
}
