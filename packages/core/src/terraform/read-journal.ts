/** Reads the journal of mode changes, for packages that need only a part of it. Lifecycle writes it and knows all of it. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { createAwsClients, type AwsClients } from "../aws/clients.ts";
import { awsErrorName } from "../aws/errors.ts";
import { sdk } from "../aws/sdk.ts";
import type { Environment } from "../config/env.ts";
import type { JournalPlace } from "./journal-place.ts";

/**
 * The text of the journal; undefined if there is none.
 * @throws what the file system and the AWS SDK throw
 */
export async function readJournal(
  place: JournalPlace,
  environment: Environment,
  signal: AbortSignal,
): Promise<string | undefined> {
  if ("file" in place) return await readJournalFile(place.file);
  const { region } = place;
  const aws = createAwsClients(region === undefined ? environment : { ...environment, AWS_REGION: region });
  return await readJournalObject(aws, place, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}

/** The text of a journal in a file; undefined if there is none. */
export async function readJournalFile(file: string): Promise<string | undefined> {
  return await readFile(file, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
}

/** The text of a journal in S3; undefined if there is none. */
export async function readJournalObject(
  aws: Pick<AwsClients, "s3">,
  { bucket: Bucket, key: Key }: { bucket: string; key: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const s3 = await aws.s3();
  try {
    const { Body } = await s3.send(new (sdk.s3().GetObjectCommand)({ Bucket, Key }), { abortSignal: signal });
    return await Body?.transformToString();
  } catch (error) {
    if (["NoSuchKey", "NoSuchBucket"].includes(awsErrorName(error))) return undefined;
    throw error;
  }
}

const deploymentSchema = z.looseObject({
  command: z.string(),
  finishedAt: z.string().nullable(),
  begun: z.array(z.string()),
  done: z.array(z.looseObject({ step: z.string() })),
});

/** The command of a mode change that stopped in its deployment, so that the environment is partly active. Undefined for any other text. */
export function partlyActiveBy(journal: string | undefined): string | undefined {
  if (journal === undefined) return undefined;
  const { data: entry } = deploymentSchema.safeParse(JSON.parse(journal));
  return entry !== undefined && isPartlyActive(entry) ? entry.command : undefined;
}

/** Whether a mode change has begun its deployment, and has not ended it. */
export function isPartlyActive({
  finishedAt,
  begun,
  done,
}: {
  finishedAt: string | null;
  begun: readonly string[];
  done: readonly { step: string }[];
}): boolean {
  return finishedAt === null && begun.includes("deploy") && !done.some(({ step }) => step === "deploy");
}
