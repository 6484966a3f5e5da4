/** The dumps in the backups bucket. One counts when its manifest, which is written last, lies beside it. */
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { sdk } from "@pilot-light/core/aws/sdk";
import { dumpPrefixes } from "@pilot-light/core/contract";

export interface StoredDump {
  key: string;
  modified: Date;
}

export interface StoredDumps {
  /** Those that count, the newest first. */
  whole: readonly StoredDump[];
  /** How many have no manifest. */
  unfinished: number;
}

/** All dumps of both databases. */
export async function listDumps(aws: AwsClients, bucket: string, signal: AbortSignal): Promise<StoredDumps> {
  const objects = (
    await Promise.all(dumpPrefixes.map((prefix) => listKeys(aws, { Bucket: bucket, Prefix: prefix }, signal)))
  ).flat();
  const keys = new Set(objects.map(({ key }) => key));
  const dumps = objects.filter(({ key }) => key.endsWith(".dump"));
  const whole = dumps.filter(({ key }) => keys.has(key.replace(/\.dump$/, ".manifest.json")));
  return {
    whole: whole.sort((a, b) => Number(b.modified) - Number(a.modified)),
    unfinished: dumps.length - whole.length,
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
