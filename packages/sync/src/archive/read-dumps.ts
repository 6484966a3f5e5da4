/** Lists the dumps of the bucket, and reads their manifests. */
import type { ListObjectsV2CommandInput } from "@aws-sdk/client-s3";
import { awsError, awsErrorName, awsStatus } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { dumpPrefixes, isManifestKey, manifestKey } from "@pilot-light/core/dump-keys";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { bucketMissing } from "../errors.ts";
import type { DumpBucket } from "./dump-bucket.ts";
import { parseManifest, type Manifest } from "./manifest.ts";
import { findNewest, listAll, type Listing, type ListPage } from "./newest-objects.ts";
import { dumpsOf, type ListedObject, type StoredDump } from "./stored-dump.ts";

/** The newest dumps, or all dumps; the newest first. */
export interface DumpsFound {
  dumps: readonly StoredDump[];
  /** Whether these are all dumps of the bucket. */
  isAll: boolean;
}

/** @param system of one of the databases; undefined for both */
function prefixesOf(system: DatabaseSystem | undefined): readonly string[] {
  return dumpPrefixes.filter((prefix) => system === undefined || prefix === `${system}-dumps/`);
}

/**
 * All dumps, the newest first.
 * @throws OpsError BUCKET_MISSING, AWS_* (aws)
 */
export async function listDumps(
  bucket: DumpBucket,
  system: DatabaseSystem | undefined,
  signal: AbortSignal,
): Promise<StoredDump[]> {
  const lists = prefixesOf(system).map((prefix) => listAll(lister(bucket, prefix, signal), undefined));
  return dumpsOf((await Promise.all(lists)).flat());
}

/**
 * Keys of all objects with the prefixes of dumps: dumps, manifests, drafts, records of marks and others.
 * @throws OpsError BUCKET_MISSING, AWS_* (aws)
 */
export async function listKeys(bucket: DumpBucket, signal: AbortSignal): Promise<string[]> {
  const lists = dumpPrefixes.map((prefix) => listAll(lister(bucket, prefix, signal), undefined));
  return (await Promise.all(lists)).flat().map(({ key }) => key);
}

/**
 * All objects of a system whose keys state a later time than `stamp`.
 * @param stamp as `timestamp` writes it
 * @throws OpsError BUCKET_MISSING, AWS_* (aws)
 */
export async function listSince(
  bucket: DumpBucket,
  system: DatabaseSystem,
  stamp: string,
  signal: AbortSignal,
): Promise<ListedObject[]> {
  const [prefix = ""] = prefixesOf(system);
  return await listAll(lister(bucket, prefix, signal), `${prefix}${stamp}`);
}

/**
 * The dumps whose keys begin with a text, the newest first.
 * @throws OpsError BUCKET_MISSING, AWS_* (aws)
 */
export async function listBelow(
  bucket: DumpBucket,
  prefix: string,
  signal: AbortSignal,
): Promise<StoredDump[]> {
  return dumpsOf(await listAll(lister(bucket, prefix, signal), undefined));
}

/** Above this number of dumps, a list reads the complete bucket. */
const mostSearched = 250;

/**
 * The newest dumps: at least `count` of each database, unless it has fewer.
 * @throws OpsError BUCKET_MISSING, AWS_* (aws)
 */
export async function listAtLeast(
  bucket: DumpBucket,
  system: DatabaseSystem | undefined,
  count: number,
  signal: AbortSignal,
): Promise<DumpsFound> {
  if (count > mostSearched) return { dumps: await listDumps(bucket, system, signal), isAll: true };
  return await listNewest(bucket, system, (dumps) => dumps.length >= count, signal, 4 * count);
}

/**
 * The newest dumps. If they are never enough, all dumps.
 * @param isEnough whether the newest dumps of one database contain what the caller needs
 * @param pageSize objects of a request
 * @throws OpsError BUCKET_MISSING, AWS_* (aws)
 */
export async function listNewest(
  bucket: DumpBucket,
  system: DatabaseSystem | undefined,
  isEnough: (dumps: readonly StoredDump[]) => boolean,
  signal: AbortSignal,
  pageSize = 100,
): Promise<DumpsFound> {
  const found = await Promise.all(
    prefixesOf(system).map((prefix) => {
      const listing = { page: lister(bucket, prefix, signal), groups: grouper(bucket, signal) };
      return findNewest(prefix, listing, (objects) => isEnough(dumpsOf(objects)), Math.max(100, pageSize));
    }),
  );
  return {
    dumps: dumpsOf(found.flatMap(({ objects }) => objects)),
    isAll: found.every(({ isAll }) => isAll),
  };
}

function lister(bucket: DumpBucket, prefix: string, signal: AbortSignal): ListPage {
  return async (after, most) => {
    const page = { Prefix: prefix, StartAfter: after, MaxKeys: most };
    const { Contents = [], IsTruncated = false } = await list(bucket, page, signal);
    const objects = Contents.flatMap(({ Key, Size = 0, LastModified }) =>
      Key === undefined || LastModified === undefined
        ? []
        : [{ key: Key, bytes: Size, modified: LastModified }],
    );
    return { objects, isTruncated: IsTruncated };
  };
}

function grouper(bucket: DumpBucket, signal: AbortSignal): Listing["groups"] {
  return async (prefix, delimiter) => {
    const { CommonPrefixes = [] } = await list(bucket, { Prefix: prefix, Delimiter: delimiter }, signal);
    return CommonPrefixes.flatMap(({ Prefix }) => (Prefix === undefined ? [] : [Prefix]));
  };
}

async function list(
  bucket: DumpBucket,
  page: Omit<ListObjectsV2CommandInput, "Bucket">,
  signal: AbortSignal,
) {
  const { ListObjectsV2Command } = sdk.s3();
  const s3 = await bucket.aws.s3();
  return await s3
    .send(new ListObjectsV2Command({ ...bucket.address, ...page }), { abortSignal: signal })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      if (awsErrorName(error) === "NoSuchBucket") {
        throw bucketMissing({ bucket: bucket.name }, { cause: error });
      }
      throw awsError(error, `Cannot list the dumps in ${bucket.name}`);
    });
}

/**
 * The manifest of a dump; undefined if the dump has none.
 * @throws OpsError MANIFEST_UNREADABLE, AWS_* (aws)
 */
export async function readManifest(
  bucket: DumpBucket,
  key: string,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const Key = manifestKey(key);
  const text = await readText(bucket, Key, signal);
  return text === undefined ? undefined : parseManifest(text, bucket.uri(Key));
}

/**
 * The manifest of the newest archive of either direction; undefined when the bucket has none.
 * @throws OpsError BUCKET_MISSING, MANIFEST_UNREADABLE, AWS_* (aws)
 */
export async function readNewestArchive(
  bucket: DumpBucket,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const keys = (await listKeys(bucket, signal)).filter(isManifestKey).sort(byStamp).reverse();
  for (const key of keys) {
    const text = await readText(bucket, key, signal);
    const manifest = text === undefined ? undefined : parseManifest(text, bucket.uri(key));
    if (manifest?.kind === "archive") return manifest;
  }
  return undefined;
}

/** Orders keys of both prefixes by the time that they state. */
function byStamp(a: string, b: string): number {
  const stamp = (key: string) => key.slice(key.indexOf("/") + 1);
  return stamp(a).localeCompare(stamp(b));
}

/**
 * The text of an object; undefined if it does not exist.
 * @throws OpsError AWS_* (aws)
 */
export async function readText(
  bucket: DumpBucket,
  Key: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { GetObjectCommand } = sdk.s3();
  const s3 = await bucket.aws.s3();
  try {
    const { Body } = await s3.send(new GetObjectCommand({ ...bucket.address, Key }), { abortSignal: signal });
    return (await Body?.transformToString()) ?? "";
  } catch (error) {
    signal.throwIfAborted();
    if (awsErrorName(error) === "NoSuchKey" || awsStatus(error) === 404) return undefined;
    throw awsError(error, `Cannot read ${bucket.uri(Key)}`);
  }
}
