/** Downloads an object of the bucket into a file, with its SHA-256. */
import { createHash } from "node:crypto";
import { open, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { awsError, awsStatus } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { messageOf } from "@pilot-light/core/ops-error";
import type { Readable } from "node:stream";
import { dumpIncomplete, fileUnwritable, noRoom } from "./errors.ts";
import type { DumpBucket } from "./dump-bucket.ts";
import type { Manifest } from "./manifest.ts";

/** A connection may break after hours: then the rest is requested. So many requests in a row may fail without a byte. */
const attempts = 3;

/** A downloaded object. */
export interface DownloadedFile {
  file: string;
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
}

/**
 * Downloads an object. Memory does not grow with its size.
 * @param file path of the file to create; it must not exist. After a failure, the caller removes the file.
 * @param bytes size of the object, for the check of the free space
 * @throws OpsError NO_ROOM, DUMP_INCOMPLETE (precondition), FILE_UNWRITABLE (configuration), AWS_* (aws)
 */
export async function downloadObject(
  bucket: DumpBucket,
  key: string,
  { file, bytes }: { file: string; bytes: number },
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<DownloadedFile> {
  await assertRoom(dirname(file), bytes);
  await using handle = await open(file, "wx").catch((cause: unknown) => {
    throw fileUnwritable({ file, reason: messageOf(cause) }, { cause });
  });
  const hash = createHash("sha256");
  let done = 0;
  for await (const chunk of readObject(bucket, key, signal)) {
    hash.update(chunk);
    await handle.writeFile(chunk).catch((cause: unknown) => {
      throw fileUnwritable({ file, reason: messageOf(cause) }, { cause });
    });
    done += chunk.length;
    onProgress(done);
  }
  return { file, bytes: done, sha256: hash.digest("hex") };
}

/** Describes how the downloaded bytes differ from the manifest, as sentences. */
export function byteProblems(
  key: string,
  manifest: Manifest,
  { bytes, sha256 }: Pick<DownloadedFile, "bytes" | "sha256">,
): string[] {
  return [
    ...(manifest.key === key ? [] : [`the manifest belongs to another dump: ${manifest.key}`]),
    ...(manifest.bytes === bytes
      ? []
      : [`the dump has ${bytes} bytes, but the manifest states ${manifest.bytes}`]),
    ...(manifest.sha256 === sha256
      ? []
      : [`the SHA-256 of the dump is ${sha256}, but the manifest states ${manifest.sha256}`]),
  ];
}

/** The bytes of an object. When the connection breaks, the rest of the same version of the object is requested. */
async function* readObject(bucket: DumpBucket, key: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const { GetObjectCommand } = sdk.s3();
  const s3 = await bucket.aws.s3();
  const uri = bucket.uri(key);
  let position = 0;
  let version: string | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const rest = position === 0 ? {} : { Range: `bytes=${position}-`, IfMatch: version };
      const reply = await s3.send(new GetObjectCommand({ ...bucket.address, Key: key, ...rest }), {
        abortSignal: signal,
      });
      version = reply.ETag;
      // In Node the body is a stream.
      for await (const chunk of reply.Body as Readable) {
        yield chunk as Buffer;
        position += (chunk as Buffer).length;
        attempt = 1;
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (awsStatus(error) === 404) throw dumpIncomplete({ uri, lacks: "dump" }, { cause: error });
      const isBroken = awsStatus(error) === undefined;
      if (!isBroken || attempt >= attempts) throw awsError(error, `Cannot download ${uri}`);
    }
  }
}

/** Compares the free space of a directory with the size of a dump. */
async function assertRoom(directory: string, bytes: number): Promise<void> {
  // Some file systems do not report their space.
  const found = await statfs(directory).catch(() => undefined);
  if (found === undefined) return;
  const free = found.bavail * found.bsize;
  if (free < bytes) throw noRoom({ directory, bytes, free });
}
