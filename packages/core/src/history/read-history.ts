/** `pnpm history`: the newest runs that changed something. Takes and returns data; the command prints it. */
import type { Environment } from "../config/env.ts";
import type { Printer } from "../output/printer.ts";
import { recordSchema, type History } from "./documents.ts";
import { listRecords } from "./record-store.ts";
import { recordBucket } from "./store-run.ts";

/**
 * Reads the newest records. A record that cannot be read is left out with a warning.
 * @throws OpsError of class usage, configuration, precondition or aws
 */
export async function readHistory(
  options: { limit: number; before?: string | undefined },
  { environment, printer, signal }: { environment: Environment; printer: Printer; signal: AbortSignal },
): Promise<History> {
  const bucket = await recordBucket(environment, signal);
  const { records, hasMore } = await listRecords(bucket, options, signal);
  const runs = records.flatMap(({ key, text }) => {
    const uri = `s3://${bucket.name}/${key}`;
    const record = parse(text);
    if (record === undefined) {
      printer.warn(`${uri} is not the record of a run`);
      return [];
    }
    const { command, outcome, run, error } = record;
    const { id, startedAt, durationMs, summary, by } = run;
    return [{ id, command, outcome, errorCode: codeOf(error), startedAt, durationMs, summary, by, uri }];
  });
  const oldest = records
    .at(-1)
    ?.key.split("_")
    .at(-1)
    ?.replace(/\.json$/, "");
  return { bucket: bucket.name, runs, next: hasMore ? (oldest ?? null) : null };
}

function parse(text: string) {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string | null {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : null;
}
