/** Dumps and manifests in the db-backups bucket. A dump counts once its manifest is there, and the manifest is written last. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { S3Client, UploadPartCommand } from "@aws-sdk/client-s3";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsError, awsErrorName, awsStatus } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { deployCommand } from "@pilot-light/core/terraform/deploy-command";
import { OpsError } from "@pilot-light/core/ops-error";
import { dumpPrefixes, manifestEnding, manifestKey } from "../direction.ts";
import { parseManifest, type Manifest, type ReadManifest } from "./manifest.ts";

const mebibyte = 1024 * 1024;
/** S3 takes 10,000 parts at most; 9,000 leaves room. */
const maxParts = 9000;
const oneDay = 24 * 3_600_000;

export class DumpStore {
  readonly bucket: string;
  readonly #aws: AwsClients;
  readonly #owner: string;
  /** Keys this run has made: nothing else is ever removed. */
  readonly #made = new Set<string>();

  /** @param account every request says that the bucket must belong to it */
  constructor(aws: AwsClients, bucket: string, account: string) {
    this.#aws = aws;
    this.bucket = bucket;
    this.#owner = account;
  }

  /** `s3://bucket/key`, for people. */
  uri(key: string): string {
    return `s3://${this.bucket}/${key}`;
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
      if (status === 404) {
        throw new OpsError("aws", "BUCKET_MISSING", `There is no bucket ${this.bucket}.`, {
          hint: `Create it:  ${deployCommand(undefined)}    or check PROJECT_NAME and the output db_backups_bucket_name.`,
          cause: error,
        });
      }
      if (status === 403 || status === 301 || status === 400) {
        throw new OpsError(
          "aws",
          "BUCKET_FOREIGN",
          `The bucket ${this.bucket} is not usable: it belongs to another account or region, or access is denied.`,
          {
            details: [`account ${this.#owner}, region ${this.#aws.region}, HTTP status ${status}`],
            hint: "Check the profile and PROJECT_NAME:  aws sts get-caller-identity",
            cause: error,
          },
        );
      }
      throw awsError(error, `Cannot reach the bucket ${this.bucket}`);
    });
  }

  /** True when nothing has this key yet. */
  async isFree(key: string, signal?: AbortSignal): Promise<boolean> {
    const { HeadObjectCommand } = await import("@aws-sdk/client-s3");
    const s3 = await this.#aws.s3();
    try {
      await s3.send(new HeadObjectCommand({ ...this.#address(), Key: key }), aborting(signal));
      return false;
    } catch (error) {
      if (awsStatus(error) === 404) return true;
      throw awsError(error, `Cannot look at ${this.uri(key)}`);
    }
  }

  /**
   * Uploads a file in parallel, checksummed parts; a failure leaves no parts behind.
   * @throws OpsError UPLOAD_INCOMPLETE, AWS_* (aws)
   */
  async putFile(
    key: string,
    file: string,
    signal: AbortSignal,
    onProgress?: (bytes: number) => void,
  ): Promise<void> {
    const { Upload } = await import("@aws-sdk/lib-storage");
    const { HeadObjectCommand, UploadPartCommand } = await import("@aws-sdk/client-s3");
    const client = await this.#aws.s3();
    const { size } = await stat(file);
    const upload = new Upload({
      client: givingUpParts(client, UploadPartCommand, signal),
      params: {
        ...this.#address(),
        Key: key,
        Body: createReadStream(file),
        ContentType: "application/octet-stream",
        ChecksumAlgorithm: "SHA256",
        // Another run may have chosen the same second.
        IfNoneMatch: "*",
      },
      queueSize: 4,
      partSize: Math.max(8 * mebibyte, Math.ceil(size / maxParts)),
    });
    if (onProgress !== undefined) upload.on("httpUploadProgress", ({ loaded }) => onProgress(loaded ?? 0));
    try {
      signal.throwIfAborted();
      await upload.done();
      this.#made.add(key);
      signal.throwIfAborted();
      const { ContentLength } = await client.send(
        new HeadObjectCommand({ ...this.#address(), Key: key }),
        aborting(signal),
      );
      if (ContentLength !== size) {
        throw new OpsError(
          "aws",
          "UPLOAD_INCOMPLETE",
          `${this.uri(key)} has ${ContentLength ?? 0} bytes, expected are ${size}.`,
        );
      }
    } catch (error) {
      signal.throwIfAborted();
      if (awsStatus(error) === 412 || awsStatus(error) === 409) {
        throw new OpsError("aws", "KEY_TAKEN", `Another run has just made ${this.uri(key)}.`, {
          hint: "Run the same command again.",
          cause: error,
        });
      }
      throw awsError(error, `Cannot upload ${this.uri(key)}`);
    }
  }

  /** Writes the manifest that makes the dump at `key` count. */
  async putManifest(key: string, manifest: Manifest): Promise<void> {
    const { PutObjectCommand } = await import("@aws-sdk/client-s3");
    const s3 = await this.#aws.s3();
    const Key = manifestKey(key);
    const Body = `${JSON.stringify(manifest, null, 2)}\n`;
    await s3
      .send(new PutObjectCommand({ ...this.#address(), Key, Body, ContentType: "application/json" }))
      .catch((error: unknown) => {
        throw awsError(error, `Cannot write ${this.uri(Key)}`);
      });
  }

  /**
   * The manifest of the newest archive of either direction; undefined when there is none.
   * @throws OpsError MANIFEST_UNREADABLE, AWS_* (aws)
   */
  async newestArchive(signal: AbortSignal): Promise<ReadManifest | undefined> {
    const s3 = await this.#aws.s3();
    try {
      const keys = await this.#manifestKeys(s3, signal);
      for (const Key of keys.sort(byStamp).reverse()) {
        const { GetObjectCommand } = sdk.s3();
        const { Body } = await s3.send(new GetObjectCommand({ ...this.#address(), Key }), aborting(signal));
        const manifest = parseManifest((await Body?.transformToString()) ?? "", this.uri(Key));
        if (manifest.kind === "archive") return manifest;
      }
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      throw awsError(error, `Cannot read the manifests in ${this.bucket}`);
    }
  }

  async #manifestKeys(client: S3Client, signal: AbortSignal): Promise<string[]> {
    const { paginateListObjectsV2 } = sdk.s3();
    const keys: string[] = [];
    for (const Prefix of dumpPrefixes) {
      const pages = paginateListObjectsV2(
        { client },
        { ...this.#address(), Prefix },
        { abortSignal: signal },
      );
      for await (const { Contents = [] } of pages) {
        keys.push(...Contents.flatMap(({ Key = "" }) => (Key.endsWith(manifestEnding) ? [Key] : [])));
      }
    }
    return keys;
  }

  /** Removes a dump of this run and its manifest, the manifest first: between the two the dump does not count. */
  async remove(key: string): Promise<void> {
    if (!this.#made.has(key)) return;
    const { DeleteObjectCommand } = await import("@aws-sdk/client-s3");
    const s3 = await this.#aws.s3();
    for (const Key of [manifestKey(key), key]) {
      await s3.send(new DeleteObjectCommand({ ...this.#address(), Key })).catch((error: unknown) => {
        throw awsError(error, `Cannot remove ${this.uri(Key)}`);
      });
    }
  }

  /**
   * Aborts uploads of dumps that a killed run left behind. Only those older than a day: another person's sync of another
   * target may be uploading to this bucket right now.
   */
  async abortStaleUploads(now: Date): Promise<void> {
    const { ListMultipartUploadsCommand, AbortMultipartUploadCommand } = await import("@aws-sdk/client-s3");
    const s3 = await this.#aws.s3();
    try {
      for (const Prefix of dumpPrefixes) {
        const { Uploads = [] } = await s3.send(
          new ListMultipartUploadsCommand({ ...this.#address(), Prefix }),
        );
        for (const { Initiated, Key, UploadId } of Uploads) {
          if (Initiated === undefined || now.getTime() - Initiated.getTime() < oneDay) continue;
          await s3.send(new AbortMultipartUploadCommand({ ...this.#address(), Key, UploadId }));
        }
      }
    } catch (error) {
      // Tidying up needs rights that a sync does not: the bucket's lifecycle rule does it as well.
      if (awsErrorName(error) !== "AccessDenied" && awsStatus(error) !== 403) {
        throw awsError(error, `Cannot list unfinished uploads in ${this.bucket}`);
      }
    }
  }

  #address() {
    return { Bucket: this.bucket, ExpectedBucketOwner: this.#owner };
  }
}

/** Keys of both prefixes by the time in their names. */
function byStamp(a: string, b: string): number {
  const stamp = (key: string) => key.slice(key.indexOf("/") + 1);
  return stamp(a).localeCompare(stamp(b));
}

function aborting(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { abortSignal: signal };
}

/**
 * A client whose uploads of parts end with `signal`. `Upload.abort()` will not do: it returns while requests are still under
 * way, and one of them may make the object after it has been removed. So whatever makes an object or an upload runs to
 * its end, which is soon, and parts, which take long, are given up.
 */
function givingUpParts(client: S3Client, part: typeof UploadPartCommand, signal: AbortSignal): S3Client {
  const send = (command: Parameters<S3Client["send"]>[0]) =>
    client.send(command, command instanceof part ? { abortSignal: signal } : {});
  return new Proxy(client, {
    get: (target, property): unknown => (property === "send" ? send : Reflect.get(target, property)),
  });
}
