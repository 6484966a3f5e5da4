/**
 * What one run writes to the bucket: its dumps, drafts, manifests and marks. It deletes only objects that it created itself. A dump is complete
 * once it has a manifest, which is written last. Commands read the dumps of other runs through `DumpBucket`.
 */
import { createHash, randomUUID, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import type { S3Client, UploadPartCommand } from "@aws-sdk/client-s3";
import { delayed, grace } from "@pilot-light/core/async/grace";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsError, awsErrorName, awsStatus } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { draftKey, dumpPrefixes, manifestKey } from "@pilot-light/core/dump-keys";
import type { Draft } from "./drafts.ts";
import { DumpBucket } from "./dump-bucket.ts";
import { bucketForeign, bucketMissing, keyTaken, uploadIncomplete } from "../errors.ts";
import type { Manifest, UploadedDump } from "./manifest.ts";
import type { MarkRecord } from "./recorded-mark.ts";

const mebibyte = 1024 * 1024;
/** S3 accepts at most 10,000 parts; 9,000 leaves room. */
const maxParts = 9000;
/** Bytes of a file that are read at once. With the default of 64 KiB, reading and collecting the garbage take twice the CPU time. */
const readSize = mebibyte / 4;
const oneDay = 24 * 3_600_000;

export class DumpStore {
  readonly bucket: DumpBucket;
  readonly #aws: AwsClients;
  readonly #owner: string;
  /** Keys that this run has created: it never deletes any other. */
  readonly #created = new Set<string>();
  /** Keys of uploads that ended without an answer: S3 may have created the object. */
  readonly #uncertain = new Set<string>();
  /** Identifies this run in the metadata of its objects. */
  readonly #run = randomUUID();

  /** @param account every request states that the bucket must belong to it */
  constructor(aws: AwsClients, bucket: string, account: string) {
    this.#aws = aws;
    this.#owner = account;
    this.bucket = new DumpBucket(aws, bucket, account);
  }

  /** `s3://bucket/key`, for people. */
  uri(key: string): string {
    return this.bucket.uri(key);
  }

  /** What happens to a dump that this run cannot remove, as sentences for people. */
  ifNotRemoved(key: string): string {
    return `Without a manifest no command uses it, and S3 aborts its upload. To delete it:  aws s3 rm ${this.uri(key)}`;
  }

  /**
   * Checks that the bucket exists and belongs to the account.
   * @throws OpsError BUCKET_MISSING, BUCKET_FOREIGN, AWS_* (aws)
   */
  async check(signal?: AbortSignal): Promise<void> {
    const { HeadBucketCommand } = await import("@aws-sdk/client-s3");
    const s3 = await this.#aws.s3();
    await s3.send(new HeadBucketCommand(this.#address()), aborting(signal)).catch((error: unknown) => {
      const status = awsStatus(error);
      if (status === 404) throw bucketMissing({ bucket: this.bucket.name }, { cause: error });
      if (status === 403 || status === 301 || status === 400) {
        const facts = { bucket: this.bucket.name, account: this.#owner, region: this.#aws.region, status };
        throw bucketForeign(facts, { cause: error });
      }
      throw awsError(error, `Cannot reach the bucket ${this.bucket.name}`);
    });
  }

  /** Whether the bucket has no object with this key. */
  async isFree(key: string, signal?: AbortSignal): Promise<boolean> {
    const { HeadObjectCommand } = await import("@aws-sdk/client-s3");
    const s3 = await this.#aws.s3();
    try {
      await s3.send(new HeadObjectCommand({ ...this.#address(), Key: key }), aborting(signal));
      return false;
    } catch (error) {
      if (awsStatus(error) === 404) return true;
      throw awsError(error, `Cannot check whether ${this.uri(key)} exists`);
    }
  }

  /**
   * Uploads a file in parallel parts with checksums; a failure leaves no parts behind.
   * @throws OpsError KEY_TAKEN, UPLOAD_INCOMPLETE, AWS_* (aws)
   */
  async putFile(key: string, file: string, signal: AbortSignal): Promise<UploadedDump> {
    const { Upload } = await import("@aws-sdk/lib-storage");
    const { HeadObjectCommand, UploadPartCommand } = await import("@aws-sdk/client-s3");
    const client = await this.#aws.s3();
    const { size } = await stat(file);
    const hash = createHash("sha256");
    const upload = new Upload({
      client: abortingParts(client, UploadPartCommand, signal),
      params: {
        ...this.#address(),
        Key: key,
        Body: Readable.from(hashed(createReadStream(file, { highWaterMark: readSize }), hash), {
          objectMode: false,
        }),
        ContentType: "application/octet-stream",
        ChecksumAlgorithm: "SHA256",
        Metadata: { run: this.#run },
        // Another run may have chosen the same second.
        IfNoneMatch: "*",
      },
      // Four parts are in memory at the same time. A part has 5 MiB, the least that S3 accepts, unless the file needs too many of them.
      queueSize: 4,
      partSize: Math.max(5 * mebibyte, Math.ceil(size / maxParts)),
    });
    try {
      signal.throwIfAborted();
      await this.#complete(upload, key, signal);
      this.#created.add(key);
      signal.throwIfAborted();
      const { ContentLength } = await client.send(
        new HeadObjectCommand({ ...this.#address(), Key: key }),
        aborting(signal),
      );
      if (ContentLength !== size) {
        throw uploadIncomplete({ uri: this.uri(key), bytes: ContentLength ?? 0, expected: size });
      }
      return { bytes: size, sha256: hash.digest("hex") };
    } catch (error) {
      if (awsStatus(error) === undefined) this.#uncertain.add(key);
      signal.throwIfAborted();
      if (awsStatus(error) === 412 || awsStatus(error) === 409) {
        throw keyTaken({ uri: this.uri(key) }, { cause: error });
      }
      throw awsError(error, `Cannot upload ${this.uri(key)}`);
    }
  }

  /**
   * Waits for the end of an upload. The SDK repeats a request whose answer is lost. If the first one has created the object, S3 refuses the
   * second one, because the key is taken.
   */
  async #complete(upload: { done: () => Promise<unknown> }, key: string, signal: AbortSignal): Promise<void> {
    try {
      await upload.done();
    } catch (error) {
      if (awsStatus(error) === undefined || signal.aborted) throw error;
      if (!(await this.#isOwn(key, signal).catch(() => false))) throw error;
    }
  }

  /** Writes the manifest that makes the dump at `key` complete. After an interruption the request has some seconds to end. */
  async putManifest(key: string, manifest: Manifest, signal: AbortSignal): Promise<void> {
    await this.#putJson(manifestKey(key), manifest, signal);
  }

  /** Writes the draft of the manifest of a dump. */
  async putDraft(key: string, draft: Draft, signal: AbortSignal): Promise<void> {
    await this.#putJson(draftKey(key), draft, signal);
  }

  /** Deletes the draft of the manifest of a dump, which its manifest replaces. */
  async removeDraft(key: string, signal: AbortSignal): Promise<void> {
    await this.#delete(draftKey(key), signal);
  }

  /** Writes the record of a mark. */
  async putMark(key: string, record: MarkRecord, signal: AbortSignal): Promise<void> {
    this.#created.add(key);
    await this.#putJson(key, record, signal);
  }

  async #putJson(Key: string, value: object, signal: AbortSignal): Promise<void> {
    const { PutObjectCommand } = await import("@aws-sdk/client-s3");
    const s3 = await this.#aws.s3();
    const Body = `${JSON.stringify(value, null, 2)}\n`;
    await s3
      .send(
        new PutObjectCommand({ ...this.#address(), Key, Body, ContentType: "application/json" }),
        aborting(delayed(signal, grace.request)),
      )
      .catch((error: unknown) => {
        throw awsError(error, `Cannot write ${this.uri(Key)}`);
      });
  }

  /** Deletes an object of this run that is not a dump. */
  async removeObject(key: string, signal: AbortSignal): Promise<void> {
    if (this.#created.has(key)) await this.#delete(key, signal);
  }

  async #delete(Key: string, signal: AbortSignal): Promise<void> {
    const { DeleteObjectCommand } = await import("@aws-sdk/client-s3");
    const s3 = await this.#aws.s3();
    await s3
      .send(new DeleteObjectCommand({ ...this.#address(), Key }), aborting(signal))
      .catch((error: unknown) => {
        throw awsError(error, `Cannot delete ${this.uri(Key)}`);
      });
  }

  /**
   * Deletes a dump of this run, and before it the draft and the manifest: without them no command uses the dump.
   */
  async remove(key: string, signal: AbortSignal): Promise<void> {
    if (!this.#created.has(key) && !(this.#uncertain.has(key) && (await this.#isOwn(key, signal)))) return;
    for (const Key of [draftKey(key), manifestKey(key), key]) await this.#delete(Key, signal);
  }

  /** Whether the object exists and this run has created it. */
  async #isOwn(key: string, signal: AbortSignal): Promise<boolean> {
    const { HeadObjectCommand } = await import("@aws-sdk/client-s3");
    const s3 = await this.#aws.s3();
    try {
      const command = new HeadObjectCommand({ ...this.#address(), Key: key });
      return (await s3.send(command, aborting(signal))).Metadata?.run === this.#run;
    } catch (error) {
      if (awsStatus(error) === 404) return false;
      throw awsError(error, `Cannot check whether ${this.uri(key)} exists`);
    }
  }

  /**
   * Aborts uploads of dumps that a killed run left. It aborts only uploads that are older than a day: another person's sync may be
   * uploading to this bucket at the moment.
   */
  async abortStaleUploads(now: Date, signal: AbortSignal): Promise<void> {
    const { ListMultipartUploadsCommand, AbortMultipartUploadCommand } = sdk.s3();
    const s3 = await this.#aws.s3();
    try {
      for (const Prefix of dumpPrefixes) {
        const { Uploads = [] } = await s3.send(
          new ListMultipartUploadsCommand({ ...this.#address(), Prefix }),
          aborting(signal),
        );
        for (const { Initiated, Key, UploadId } of Uploads) {
          if (Initiated === undefined || now.getTime() - Initiated.getTime() < oneDay) continue;
          await s3.send(
            new AbortMultipartUploadCommand({ ...this.#address(), Key, UploadId }),
            aborting(signal),
          );
        }
      }
    } catch (error) {
      // Aborting uploads needs privileges that a sync does not need; the bucket's lifecycle rule aborts them as well.
      if (awsErrorName(error) !== "AccessDenied" && awsStatus(error) !== 403) {
        throw awsError(error, `Cannot list unfinished uploads in ${this.bucket.name}`);
      }
    }
  }

  #address() {
    return this.bucket.address;
  }
}

/** Yields the chunks of a stream, and updates `hash` with each. */
async function* hashed(stream: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    hash.update(chunk);
    yield chunk;
  }
}

function aborting(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { abortSignal: signal };
}

/**
 * A client that aborts the upload of a part when `signal` aborts. `Upload.abort()` returns while requests still run, and one of them may
 * create the object after this run has deleted it. So a request that uploads a part, which takes long, is aborted. A request that creates
 * an object or an upload has some seconds to end.
 */
function abortingParts(client: S3Client, part: typeof UploadPartCommand, signal: AbortSignal): S3Client {
  const later = delayed(signal, grace.request);
  const send = (command: Parameters<S3Client["send"]>[0]) =>
    client.send(command, { abortSignal: command instanceof part ? signal : later });
  return new Proxy(client, {
    get: (target, property): unknown => (property === "send" ? send : Reflect.get(target, property)),
  });
}
