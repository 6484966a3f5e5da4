/** The journal of the last switch: which steps are done, and where one has stopped. It lies beside the Terraform state. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAwsClients } from "@pilot-light/core/aws/clients";
import { awsError, awsErrorName } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import type { ResourceNames } from "@pilot-light/core/contract";
import type { Environment } from "@pilot-light/core/env";
import { OpsError } from "@pilot-light/core/errors";
import { chooseBackend } from "@pilot-light/core/terraform/backend";
import { z } from "zod";
import type { Basics } from "./context.ts";

const commandNames = ["activate", "deactivate"] as const;
export type SwitchName = (typeof commandNames)[number];

const stepNames = ["sync", "snapshot", "deploy", "database", "validate"] as const;
export type StepName = (typeof stepNames)[number];

const entrySchema = z.object({
  version: z.literal(1),
  command: z.enum(commandNames),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  syncData: z.boolean(),
  /** The database comes with this activation: whatever it holds is not worth keeping. */
  createsDatabase: z.boolean(),
  /** Images by their digest, by Terraform variable. */
  images: z.record(z.string(), z.string()),
  begun: z.array(z.enum(stepNames)),
  done: z.array(z.object({ step: z.enum(stepNames), at: z.string() })),
  stopped: z.object({ step: z.string(), code: z.string(), message: z.string(), at: z.string() }).nullable(),
  /** Tasks that the backend had before it was stopped; null when it was not, or has them again. */
  pausedTasks: z.number().nullable(),
});

/** One switch, finished or not. */
export type JournalEntry = z.infer<typeof entrySchema>;

/** Reads and writes the text of a journal. */
interface JournalStore {
  /** For people. */
  place: string;
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

export class Journal {
  readonly #store: JournalStore;
  #entry: JournalEntry | undefined;

  private constructor(store: JournalStore, entry: JournalEntry | undefined) {
    this.#store = store;
    this.#entry = entry;
  }

  /**
   * Opens the journal of an environment.
   * @throws OpsError JOURNAL_UNREADABLE, STATE_AMBIGUOUS (configuration), AWS_... (aws)
   */
  static async open({
    environment,
    names,
    directory,
  }: Pick<Basics, "environment" | "names" | "directory">): Promise<Journal> {
    const store = journalStore(environment, names, directory);
    const text = await store.read();
    return new Journal(store, text === undefined ? undefined : parseEntry(text, store.place));
  }

  get place(): string {
    return this.#store.place;
  }

  /** The last switch, if it did not come to its end. */
  get unfinished(): JournalEntry | undefined {
    return this.#entry?.finishedAt === null ? this.#entry : undefined;
  }

  /** A new switch. */
  async begin(
    facts: Pick<JournalEntry, "command" | "syncData" | "createsDatabase" | "images">,
  ): Promise<void> {
    await this.#write({
      version: 1,
      ...facts,
      startedAt: now(),
      finishedAt: null,
      begun: [],
      done: [],
      stopped: null,
      pausedTasks: null,
    });
  }

  async change(change: (entry: JournalEntry, now: string) => Partial<JournalEntry>): Promise<void> {
    if (this.#entry === undefined) return;
    await this.#write({ ...this.#entry, ...change(this.#entry, now()) });
  }

  async #write(entry: JournalEntry): Promise<void> {
    await this.#store.write(`${JSON.stringify(entry, null, 2)}\n`);
    this.#entry = entry;
  }
}

function now(): string {
  return new Date().toISOString();
}

/** When a switch has done a step; undefined when it has not. */
export function findDone(
  entry: Pick<JournalEntry, "done"> | undefined,
  step: StepName,
): JournalEntry["done"][number] | undefined {
  return entry?.done.find((done) => done.step === step);
}

function parseEntry(text: string, place: string): JournalEntry {
  try {
    return entrySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new OpsError("configuration", "JOURNAL_UNREADABLE", `The journal ${place} is not readable.`, {
      hint: "Nothing depends on it but --resume: look at it, then remove it, and run the command again.",
      cause,
    });
  }
}

/** Where the journal is: beside a local state, in the bucket of an S3 state, else in the backups bucket. */
function journalStore(environment: Environment, names: ResourceNames, directory: string): JournalStore {
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
      // Whole or not at all.
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
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
