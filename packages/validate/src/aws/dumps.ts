/** The dumps in the backups bucket. */
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { sdk } from "@pilot-light/core/aws/sdk";
import { dumpPrefixes, isComplete, isDumpKey } from "@pilot-light/core/dump-keys";

export interface StoredDump {
  key: string;
  modified: Date;
}

export interface StoredDumps {
  /** Those with a manifest, the newest first. */
  complete: readonly StoredDump[];
  /** Those without a manifest. */
  incomplete: readonly StoredDump[];
}

/** All dumps of both databases. */
export async function listDumps(aws: AwsClients, bucket: string, signal: AbortSignal): Promise<StoredDumps> {
  const objects = (
    await Promise.all(dumpPrefixes.map((prefix) => listKeys(aws, { Bucket: bucket, Prefix: prefix }, signal)))
  ).flat();
  const keys = new Set(objects.map(({ key }) => key));
  const dumps = objects.filter(({ key }) => isDumpKey(key));
  const complete = dumps.filter(({ key }) => isComplete(key, keys));
  return {
    complete: complete.sort((a, b) => Number(b.modified) - Number(a.modified)),
    incomplete: dumps.filter(({ key }) => !isComplete(key, keys)),
  };
}

async function listKeys(
  aws: AwsClients,
  where: { Bucket: string; Prefix: string },
  signal: AbortSignal,
): Promise<StoredDump[]> {
  const { paginateListObjectsV2 } = sdk.s3();
  const client = await aws.s3();
  const found: StoredDump[] = [];
  for await (const page of paginateListObjectsV2({ client }, where, { abortSignal: signal })) {
    for (const { Key, LastModified } of page.Contents ?? []) {
      if (Key !== undefined && LastModified !== undefined) found.push({ key: Key, modified: LastModified });
    }
  }
  return found;
}
