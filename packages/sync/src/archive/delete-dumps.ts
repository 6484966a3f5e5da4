/** Deletes dumps of earlier syncs. */
import { delayed, grace } from "@pilot-light/core/async/grace";
import { awsError, awsStatus } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { draftKey, manifestKey } from "@pilot-light/core/dump-keys";
import { messageOf, OpsError } from "@pilot-light/core/ops-error";
import { dumpsNotDeleted } from "./errors.ts";
import type { DumpBucket } from "./dump-bucket.ts";

/** DeleteObjects accepts at most 1000 keys. The second request of a batch names two for each dump: the dump and its draft. */
const batchSize = 500;

/**
 * Deletes dumps with their manifests. In each batch, the first request deletes the manifests. If the second request fails, the dumps are
 * incomplete, and the next prune deletes them. S3 does not report whether an object existed.
 * @param onDeleted called with the keys of the dumps of each batch
 * @throws OpsError DUMPS_NOT_DELETED, AWS_* (aws); the state is `nothing-written` before the first request
 */
export async function deleteDumps(
  bucket: DumpBucket,
  keys: readonly string[],
  signal: AbortSignal,
  onDeleted: (keys: readonly string[]) => void = () => undefined,
): Promise<void> {
  let deleted = 0;
  /** How many requests S3 has carried out or may have carried out, in part or completely. */
  const requests = { effective: 0 };
  const send = async (batch: readonly string[]) => {
    signal.throwIfAborted();
    try {
      await deleteObjects(bucket, batch, signal);
    } catch (error) {
      if (!isRefused(error)) requests.effective += 1;
      throw error;
    }
    requests.effective += 1;
  };
  for (let start = 0; start < keys.length; start += batchSize) {
    const batch = keys.slice(start, start + batchSize);
    try {
      await send(batch.map(manifestKey));
      await send(batch.flatMap((key) => [draftKey(key), key]));
    } catch (error) {
      const reasons = error instanceof OpsError && error.code === "DUMPS_NOT_DELETED" ? error.details : [];
      if (requests.effective === 0) throw withNothingWritten(error);
      const details = reasons.length > 0 ? reasons : [messageOf(signal.aborted ? signal.reason : error)];
      throw dumpsNotDeleted({ bucket: bucket.name, deleted, wanted: keys.length }, { details, cause: error });
    }
    deleted += batch.length;
    onDeleted(batch);
  }
}

/** Whether S3 refused the request, and so deleted nothing. For example, the credentials may not delete. */
function isRefused(error: unknown): boolean {
  const status = error instanceof OpsError ? awsStatus(error.cause) : undefined;
  return status !== undefined && status >= 400 && status < 500;
}

function withNothingWritten(error: unknown): unknown {
  return error instanceof OpsError ? error.with({ state: "nothing-written" }) : error;
}

async function deleteObjects(
  bucket: DumpBucket,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { DeleteObjectsCommand } = sdk.s3();
  const s3 = await bucket.aws.s3();
  const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
  const { Errors = [] } = await s3
    .send(new DeleteObjectsCommand({ ...bucket.address, Delete }), {
      // After an interruption the request has some seconds to end: its answer states what was deleted.
      abortSignal: delayed(signal, grace.request),
    })
    .catch((error: unknown) => {
      throw awsError(error, `Cannot delete dumps in ${bucket.name}`);
    });
  if (Errors.length === 0) return;
  const details = Errors.slice(0, 10).map(({ Key = "", Code = "", Message = "" }) =>
    `${bucket.uri(Key)}: ${Code} ${Message}`.trimEnd(),
  );
  throw dumpsNotDeleted({ bucket: bucket.name, deleted: 0, wanted: keys.length }, { details });
}
