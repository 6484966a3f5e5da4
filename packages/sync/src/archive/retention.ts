/** How long the bucket keeps a dump, and whether a deleted dump can be restored: the bucket's lifecycle rules and its versioning decide. */
import type { LifecycleRule } from "@aws-sdk/client-s3";
import { awsError, awsErrorName, awsStatus } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { plural } from "@pilot-light/core/output/format";
import type { DumpBucket } from "./dump-bucket.ts";

/** Each field is undefined if the credentials may not read it. */
export interface Retention {
  /** Whether S3 keeps deleted objects as versions. */
  isVersioned: boolean | undefined;
  /** Days until S3 deletes a dump; null if no rule deletes it. */
  expiresAfterDays: number | null | undefined;
  /** Days for which S3 keeps the version of a deleted object; null if no rule deletes the version. */
  keptDays: number | null | undefined;
}

/**
 * Reads the retention. What the credentials may not read is undefined.
 * @throws OpsError AWS_* (aws)
 */
export async function readRetention(bucket: DumpBucket, signal: AbortSignal): Promise<Retention> {
  const { GetBucketLifecycleConfigurationCommand, GetBucketVersioningCommand } = sdk.s3();
  const s3 = await bucket.aws.s3();
  const options = { abortSignal: signal };
  const { address } = bucket;
  const [versioning, lifecycle] = await Promise.all([
    unlessDenied(bucket, signal, () => s3.send(new GetBucketVersioningCommand(address), options)),
    unlessDenied(bucket, signal, async () => {
      try {
        return await s3.send(new GetBucketLifecycleConfigurationCommand(address), options);
      } catch (error) {
        if (awsErrorName(error) === "NoSuchLifecycleConfiguration") return { Rules: [] };
        throw error;
      }
    }),
  ]);
  const rules = lifecycle?.Rules?.filter(isForAll);
  return {
    // A suspended versioning keeps earlier versions, but a deletion deletes the object.
    isVersioned: versioning === undefined ? undefined : versioning.Status === "Enabled",
    expiresAfterDays: rules && least(rules.map(({ Expiration }) => Expiration?.Days)),
    keptDays:
      rules &&
      least(rules.map(({ NoncurrentVersionExpiration }) => NoncurrentVersionExpiration?.NoncurrentDays)),
  };
}

async function unlessDenied<T>(
  bucket: DumpBucket,
  signal: AbortSignal,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    if (awsStatus(error) === 403) return undefined;
    throw awsError(error, `Cannot read the rules of the bucket ${bucket.name}`);
  }
}

function isForAll({ Status, Filter }: LifecycleRule): boolean {
  if (Status !== "Enabled") return false;
  const { Prefix = "", ...narrower } = Filter ?? {};
  return Prefix === "" && Object.values(narrower).every((value) => value === undefined);
}

function least(days: readonly (number | undefined)[]): number | null {
  const given = days.filter((each) => each !== undefined);
  return given.length === 0 ? null : Math.min(...given);
}

/** When S3 deletes a dump by the rules of the bucket, in ISO 8601; null if no rule deletes it, or the rules are not known. */
export function expiryOf(storedAt: Date, { expiresAfterDays }: Retention): string | null {
  if (expiresAfterDays === null || expiresAfterDays === undefined) return null;
  return new Date(storedAt.getTime() + expiresAfterDays * 24 * 3_600_000).toISOString();
}

/** What a deletion means in this bucket, as a sentence. */
export function describeDeletion({ isVersioned, keptDays }: Retention): string {
  if (isVersioned === undefined) {
    return "The credentials may not read the versioning of the bucket, so S3 may not keep a deleted dump.";
  }
  if (!isVersioned) return "The bucket is not versioned: a deleted dump cannot be restored.";
  const kept = "The bucket is versioned: S3 keeps a deleted dump as an earlier version";
  if (keptDays === undefined) return `${kept}. The credentials may not read for how long.`;
  if (keptDays === null) return `${kept}, and no rule of the bucket deletes it. It still costs storage.`;
  return `${kept} for ${plural(keptDays, "day")}. Until then it can be restored, and costs storage.`;
}
