/** `pnpm dumps list` and `pnpm dumps show`: reads dumps of the bucket. Takes and returns data, which the commands print. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { OutputsSource } from "@pilot-light/core/terraform/outputs";
import type { Manifest } from "../archive/manifest.ts";
import { listAtLeast } from "../archive/read-dumps.ts";
import { readRetention } from "../archive/retention.ts";
import { resolveBucket } from "../resolve.ts";
import { describeDump, readManifests, tryManifest } from "./describe.ts";
import type { Dump, DumpList } from "./documents.ts";
import { findDump } from "./find-dump.ts";

/** The options of every command about dumps. */
export interface DumpsOptions {
  system?: DatabaseSystem | undefined;
  outputs: OutputsSource;
}

/**
 * The newest dumps. Reads one manifest for each dump that it returns, and no others.
 * @throws OpsError of class configuration, precondition or aws
 */
export async function readDumpList(
  { system, outputs, limit }: DumpsOptions & { limit: number },
  context: CommandContext,
): Promise<DumpList> {
  const { signal } = context;
  const { bucket } = await resolveBucket(outputs, context);
  const [found, retention] = await Promise.all([
    listAtLeast(bucket, system, limit, signal),
    readRetention(bucket, signal),
  ]);
  const newest = found.dumps.slice(0, limit);
  const manifests = await readManifests(bucket, newest, signal);
  return {
    bucket: bucket.name,
    dumps: newest.map((dump) =>
      describeDump(bucket, dump, manifests.get(dump.key) ?? { problem: "" }, retention),
    ),
    total: found.isAll ? found.dumps.length : null,
  };
}

/**
 * One dump with its manifest.
 * @throws OpsError DUMP_MISSING, NO_DUMPS (precondition), DUMP_AMBIGUOUS (usage), and of class configuration or aws
 */
export async function readDump(
  key: string,
  { system, outputs }: DumpsOptions,
  context: CommandContext,
): Promise<{ dump: Dump; manifest: Manifest | null }> {
  const { signal } = context;
  const { bucket } = await resolveBucket(outputs, context);
  const found = await findDump(bucket, key, system, signal);
  const [read, retention] = await Promise.all([
    tryManifest(bucket, found, signal),
    readRetention(bucket, signal),
  ]);
  const manifest = "manifest" in read ? read.manifest : null;
  return { dump: describeDump(bucket, found, read, retention), manifest };
}
