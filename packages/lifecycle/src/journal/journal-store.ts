/** Where the journal is stored: next to the Terraform state, so that everyone who uses the state sees the journal. */
import { rename, writeFile } from "node:fs/promises";
import { createAwsClients } from "@pilot-light/core/aws/clients";
import { awsError } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import type { ResourceNames } from "@pilot-light/core/contract";
import type { Environment } from "@pilot-light/core/config/env";
import { messageOf } from "@pilot-light/core/ops-error";
import { describeJournalPlace, journalPlace } from "@pilot-light/core/terraform/journal-place";
import { readJournalFile, readJournalObject } from "@pilot-light/core/terraform/read-journal";
import type { Basics } from "../context.ts";
import { journalUnwritable } from "../errors.ts";

/** Reads and writes the text of a journal. */
export interface JournalStore {
  /** File or `s3://` address, for messages. */
  place: string;
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

/** An interruption ends a read at once. A write may take some seconds more: it records what an interrupted run leaves behind. */
type Signals = Pick<Basics, "signal" | "cleaningSignal">;

/** The store at the place of the journal. */
export function journalStore(
  environment: Environment,
  names: ResourceNames,
  directory: string,
  signals: Signals,
): JournalStore {
  const place = journalPlace(environment, names, directory);
  if ("file" in place) return fileStore(place.file);
  const { bucket, key, region } = place;
  const own = region === undefined ? environment : { ...environment, AWS_REGION: region };
  return s3Store(own, { bucket, key, place: describeJournalPlace(place) }, signals);
}

function fileStore(file: string): JournalStore {
  return {
    place: file,
    read: () => readJournalFile(file),
    async write(text) {
      try {
        // The rename replaces the complete journal: no reader sees half of it.
        await writeFile(`${file}.new`, text);
        await rename(`${file}.new`, file);
      } catch (cause) {
        throw journalUnwritable({ file, reason: messageOf(cause) }, { cause });
      }
    },
  };
}

function s3Store(
  environment: Environment,
  { bucket: Bucket, key: Key, place }: { bucket: string; key: string; place: string },
  { signal, cleaningSignal }: Signals,
): JournalStore {
  const aws = createAwsClients(environment);
  return {
    place,
    async read() {
      return await readJournalObject(aws, { bucket: Bucket, key: Key }, signal).catch((error: unknown) => {
        throw awsError(error, `Cannot read the journal ${place}`);
      });
    },
    async write(Body) {
      const client = await aws.s3();
      const put = new (sdk.s3().PutObjectCommand)({ Bucket, Key, Body, ContentType: "application/json" });
      await client.send(put, { abortSignal: cleaningSignal }).catch((error: unknown) => {
        throw awsError(error, `Cannot write the journal ${place}`);
      });
    },
  };
}
