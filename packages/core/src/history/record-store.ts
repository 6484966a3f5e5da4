/**
 * The records of runs in the db-backups bucket. Their keys begin with the seconds that remain until the year 2286. S3 lists keys in
 * ascending order, so the newest record is first. The rules of the bucket expire records like dumps.
 */
import { recordPrefix } from "../dump-keys.ts";
import type { AwsClients } from "../aws/clients.ts";
import { awsError, awsErrorName, awsStatus } from "../aws/errors.ts";
import { sdk } from "../aws/sdk.ts";
import { timeOfStamp } from "../dump-keys.ts";
import { usage } from "../errors.ts";

/** The highest number of seconds with 10 digits: in the year 2286. */
const lastSecond = 9_999_999_999;

/** What requests for records need. */
export interface RecordBucket {
  aws: AwsClients;
  name: string;
  /** Account that the bucket must belong to. */
  account: string;
}

const idPattern = /^(?<stamp>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)-[0-9a-f]{4}$/;

/** S3 key of the record of a run; undefined for a text that is not the id of a run. */
export function recordKey(id: string): string | undefined {
  const time = timeOfStamp(idPattern.exec(id)?.groups?.stamp ?? "");
  if (Number.isNaN(time)) return undefined;
  return `${recordPrefix}${String(lastSecond - time / 1000).padStart(10, "0")}_${id}.json`;
}

/**
 * Stores the record of a run.
 * @param text the record as JSON
 * @param replaces whether an object with this id is replaced
 * @returns its `s3://` address
 * @throws OpsError AWS_* (aws)
 */
export async function putRecord(
  { aws, name, account }: RecordBucket,
  id: string,
  text: string,
  replaces: boolean,
  signal: AbortSignal,
): Promise<string> {
  const Key = recordKey(id);
  const { PutObjectCommand } = sdk.s3();
  const s3 = await aws.s3();
  const request = {
    Bucket: name,
    ExpectedBucketOwner: account,
    Key,
    Body: text,
    ContentType: "application/json",
    ...(replaces ? {} : { IfNoneMatch: "*" }),
  };
  await s3.send(new PutObjectCommand(request), { abortSignal: signal }).catch((error: unknown) => {
    throw awsError(error, `Cannot store s3://${name}/${Key ?? ""}`);
  });
  return `s3://${name}/${Key ?? ""}`;
}

/** Some records, the newest first. */
export interface RecordsFound {
  records: readonly { key: string; text: string }[];
  hasMore: boolean;
}

/**
 * The newest records. Reads no more objects than it returns.
 * @param before id of a run: only older ones
 * @throws OpsError USAGE (usage), AWS_* (aws)
 */
export async function listRecords(
  bucket: RecordBucket,
  { limit, before }: { limit: number; before?: string | undefined },
  signal: AbortSignal,
): Promise<RecordsFound> {
  const after = before === undefined ? undefined : recordKey(before);
  if (before !== undefined && after === undefined) {
    throw usage({
      problem: `--before must be the id of a run, such as 2026-11-22T09-30-00-4f2c, not "${before}".`,
      hint: "To list the ids:  pnpm history",
    });
  }
  const keys: string[] = [];
  let hasMore = true;
  for (let from = after; hasMore && keys.length < limit;) {
    const page = await listPage(bucket, from, limit - keys.length, signal);
    keys.push(...page.keys);
    from = page.keys.at(-1);
    ({ hasMore } = page);
  }
  const records: { key: string; text: string }[] = [];
  // In groups, so that a long list does not open hundreds of connections.
  for (let start = 0; start < keys.length; start += 25) {
    const group = keys.slice(start, start + 25).map(async (key) => ({
      key,
      text: await getRecord(bucket, key, signal),
    }));
    records.push(...(await Promise.all(group)));
  }
  return { records, hasMore };
}

async function listPage(bucket: RecordBucket, from: string | undefined, most: number, signal: AbortSignal) {
  const { ListObjectsV2Command } = sdk.s3();
  const s3 = await bucket.aws.s3();
  const request = {
    Bucket: bucket.name,
    ExpectedBucketOwner: bucket.account,
    Prefix: recordPrefix,
    StartAfter: from,
    MaxKeys: Math.min(1000, most),
  };
  const { Contents = [], IsTruncated = false } = await s3
    .send(new ListObjectsV2Command(request), { abortSignal: signal })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      throw awsError(error, `Cannot list the records of runs in ${bucket.name}`);
    });
  return { keys: Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key])), hasMore: IsTruncated };
}

/** The text of a record; empty if another program has just deleted it. */
async function getRecord(
  { aws, name, account }: RecordBucket,
  Key: string,
  signal: AbortSignal,
): Promise<string> {
  const { GetObjectCommand } = sdk.s3();
  const s3 = await aws.s3();
  try {
    const reply = await s3.send(new GetObjectCommand({ Bucket: name, ExpectedBucketOwner: account, Key }), {
      abortSignal: signal,
    });
    return (await reply.Body?.transformToString()) ?? "";
  } catch (error) {
    signal.throwIfAborted();
    if (awsErrorName(error) === "NoSuchKey" || awsStatus(error) === 404) return "";
    throw awsError(error, `Cannot read s3://${name}/${Key}`);
  }
}
