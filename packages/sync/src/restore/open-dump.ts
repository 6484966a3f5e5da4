/** Opens a dump for a restore: finds, downloads and checks it, before the command connects to a database. */
import { join } from "node:path";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { plural } from "@pilot-light/core/output/format";
import { chooseClientPrograms, findClientPrograms } from "@pilot-light/core/postgres/programs";
import { decodeDetails } from "../archive/details.ts";
import type { DumpBucket } from "../archive/dump-bucket.ts";
import { dumpDamagedInS3 } from "../archive/errors.ts";
import type { OpenedDump } from "../archive/opened-dump.ts";
import type { StoredDump } from "../archive/stored-dump.ts";
import { checkBytes, fetchDump, findArchive, type Found } from "../dumps/fetch-dump.ts";

/**
 * Finds and opens a dump.
 * @param wanted `latest` for the newest archive, a key, or a part of a key
 * @param directory the directory for the downloaded file
 * @throws OpsError DUMP_NOT_INTACT, DUMP_INCOMPLETE, NO_ROOM (precondition), PG_DUMP_* (configuration), and as `findDump` does
 */
export async function openDump(
  wanted: string,
  bucket: DumpBucket,
  directory: string,
  context: CommandContext,
): Promise<OpenedDump> {
  const found = await findArchive(wanted, bucket, context.signal);
  return await openFound(found, bucket, directory, context);
}

/**
 * Downloads a dump, and checks its bytes against its manifest or its draft.
 * @throws OpsError as `openDump` does
 */
export async function openFound(
  { stored, manifest }: Pick<Found, "manifest"> & { stored: StoredDump & { bytes: number } },
  bucket: DumpBucket,
  directory: string,
  context: CommandContext,
): Promise<OpenedDump> {
  const { environment, printer } = context;
  const uri = bucket.uri(stored.key);
  const details = decodeDetails(manifest, uri);
  const major = Number.parseInt(manifest.clientVersion, 10);
  const programs = chooseClientPrograms(await findClientPrograms(environment), [major], Infinity);
  const found = await fetchDump(bucket, stored, join(directory, "source.dump"), context);
  const archive = await printer.step("check", async () => {
    const checked = await checkBytes({ stored, manifest }, found, programs, context);
    const { problems } = checked;
    if (checked.archive === null || problems.length > 0) {
      throw dumpDamagedInS3({ uri, problems, isRestore: true });
    }
    const tables = checked.archive.entries.filter(({ type }) => type === "TABLE DATA").length;
    return { value: checked.archive, summary: `SHA-256 as in the manifest, ${plural(tables, "table")}` };
  });
  return {
    key: stored.key,
    uri,
    system: stored.system,
    createdAt: stored.createdAt.toISOString(),
    manifest,
    contents: manifest.verified ?? manifest.contents,
    details,
    file: found.file,
    bytes: found.bytes,
    archive,
  };
}
