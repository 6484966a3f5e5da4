/** Where the journal is stored: next to the Terraform state, so that everyone who uses the state sees the journal. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAwsClients } from "@pilot-light/core/aws/clients";
import { awsError, awsErrorName } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import type { ResourceNames } from "@pilot-light/core/contract";
import type { Environment } from "@pilot-light/core/config/env";
import { messageOf } from "@pilot-light/core/ops-error";
import { chooseBackend } from "@pilot-light/core/terraform/backend";
import { journalUnwritable } from "../errors.ts";

/** Reads and writes the text of a journal. */
export interface JournalStore {
  /** File or `s3://` address, for messages. */
  place: string;
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

/** The store: a file next to a local state, an object in the bucket of an S3 state, else an object in the backups bucket. */
export function journalStore(
  environment: Environment,
  names: ResourceNames,
  directory: string,
): JournalStore {
  const key = `${names.stack}/lifecycle.json`;
  const backend = chooseBackend(environment);
  switch (backend.kind) {
    case "local":
      return fileStore(join(directory, `lifecycle.${names.stack}.json`));
    case "s3":
      return s3Store({ ...environment, AWS_REGION: backend.region }, backend.bucket, key);
    case "terraform-cloud":
      return s3Store(environment, names.backupsBucket, key);
  }
}

function fileStore(file: string): JournalStore {
  return {
    place: file,
    async read() {
      try {
        return await readFile(file, "utf8");
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
        throw error;
      }
    },
    async write(text) {
      try {
        // The rename replaces the journal as a whole: no reader sees half of it.
        await writeFile(`${file}.new`, text);
        await rename(`${file}.new`, file);
      } catch (cause) {
        throw journalUnwritable({ file, reason: messageOf(cause) }, { cause });
      }
    },
  };
}

function s3Store(environment: Environment, Bucket: string, Key: string): JournalStore {
  const aws = createAwsClients(environment);
  const place = `s3://${Bucket}/${Key}`;
  return {
    place,
    async read() {
      const client = await aws.s3();
      try {
        const { Body } = await client.send(new (sdk.s3().GetObjectCommand)({ Bucket, Key }));
        return await Body?.transformToString();
      } catch (error) {
        if (["NoSuchKey", "NoSuchBucket"].includes(awsErrorName(error))) return undefined;
        throw awsError(error, `Cannot read the journal ${place}`);
      }
    },
    async write(Body) {
      const client = await aws.s3();
      const put = new (sdk.s3().PutObjectCommand)({ Bucket, Key, Body, ContentType: "application/json" });
      await client.send(put).catch((error: unknown) => {
        throw awsError(error, `Cannot write the journal ${place}`);
      });
    },
  };
}
