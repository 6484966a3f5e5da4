/** Step: upload the dump of the source to S3, while the restore runs. */
import { setTimeout as sleep } from "node:timers/promises";
import { settleAll } from "@pilot-light/core/async/settle";
import { formatBytes } from "@pilot-light/core/output/format";
import type { UploadedDump } from "../archive/manifest.ts";
import type { Dump } from "../copy/dump.ts";
import type { StepContext } from "../job.ts";

/** Milliseconds that an upload waits for the rows of the copy at most. */
const longestWait = 10_000;

/** An upload that takes less, in milliseconds, does not wait. */
const shortUpload = 500;

/**
 * Uploads the dump. Runs at the same time as the other steps. On a slow line, the upload waits for the rows, with which it would share the
 * line. The steps that follow leave the line idle.
 * @param loading settles when the rows are loaded
 */
export async function uploadArchive(
  dump: Dump,
  loading: Promise<unknown>,
  { job, signal, cleanUp }: StepContext,
): Promise<UploadedDump> {
  const { archiveKey, line, store } = job;
  const waited = new AbortController();
  const wait = dump.bytes / line.bytesPerMs < shortUpload ? 0 : longestWait;
  const waiting = sleep(wait, undefined, { signal: AbortSignal.any([signal, waited.signal]) });
  await Promise.race([loading, waiting]).finally(() => waited.abort());
  cleanUp.add(`the dump ${store.uri(archiveKey)}`, store.ifNotRemoved(archiveKey), (stop) =>
    store.remove(archiveKey, stop),
  );
  return await store.putFile(archiveKey, dump.file, signal);
}

/** The dumps of a sync in S3. */
export interface UploadedDumps {
  archive: UploadedDump;
  /** Undefined when the target is not dumped. */
  backup: UploadedDump | undefined;
}

/** Waits until the dump and the backup of the target are in S3. */
export async function finishUploads(
  uploads: { archive: Promise<UploadedDump>; backup: Promise<UploadedDump | undefined> },
  { job, printer }: StepContext,
): Promise<UploadedDumps> {
  return await printer.step("archive", async () => {
    const [archive, backup] = await settleAll([uploads.archive, uploads.backup]);
    if (job.source.kind === "dump") {
      const what = backup === undefined ? "none" : `${formatBytes(backup.bytes)} in S3`;
      return { value: { archive, backup }, summary: `dump of the target: ${what}`, timed: false };
    }
    const also = backup === undefined ? "" : `, and the target's, ${formatBytes(backup.bytes)}`;
    return {
      value: { archive, backup },
      summary: `dump in S3, ${formatBytes(archive.bytes)}${also} (uploaded during the restore)`,
      timed: false,
    };
  });
}
