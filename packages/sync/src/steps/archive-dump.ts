/** Step: upload the dump of the source to S3, while the restore runs. */
import { settleAll } from "@pilot-light/core/async/settle";
import { formatBytes } from "@pilot-light/core/output/format";
import type { Dump } from "../copy/dump.ts";
import type { StepContext } from "../job.ts";

/** Uploads the dump. Runs at the same time as the other steps. */
export async function uploadArchive(dump: Dump, { job, signal, undo }: StepContext): Promise<void> {
  const { archiveKey, store } = job;
  undo.add(`the dump ${store.uri(archiveKey)}`, store.otherwise(archiveKey), (stop) =>
    store.remove(archiveKey, stop),
  );
  await store.putFile(archiveKey, dump.file, signal);
}

/** Waits until the dump and the backup of the target are in S3; returns the backup. */
export async function finishUploads(
  dump: Dump,
  uploads: { archive: Promise<void>; backup: Promise<Dump | undefined> },
  { printer }: StepContext,
): Promise<Dump | undefined> {
  return await printer.step("archive", async () => {
    const [backup] = await settleAll([uploads.backup, uploads.archive]);
    const also = backup === undefined ? "" : `, and the target's, ${formatBytes(backup.bytes)}`;
    return {
      value: backup,
      summary: `dump in S3, ${formatBytes(dump.bytes)}${also} (uploaded during the restore)`,
      timed: false,
    };
  });
}
