/** Step: the manifest makes the dump of the source complete. It comes last: it states that the target was verified and replaced. */
import { manifestBase, type Manifest, type UploadedDump } from "../archive/manifest.ts";
import { manifestFailed } from "../errors.ts";
import { describeRun, type StepContext } from "../job.ts";
import type { DumpedSource } from "./dump-source.ts";
import { detailsOf } from "./manifest-details.ts";

/** @param durations milliseconds of each step */
export async function writeManifest(
  dumped: DumpedSource,
  stored: UploadedDump,
  durations: Readonly<Record<string, number>>,
  { job, signal }: StepContext,
): Promise<void> {
  const { inventory, sequences, snapshot } = dumped;
  const { archiveKey, direction, facts, options, store, target, versions } = job;
  const manifest: Manifest = {
    ...manifestBase(describeRun(job), archiveKey, stored),
    kind: "archive",
    database: {
      system: direction.source,
      host: dumped.endpoint.host,
      name: dumped.endpoint.database,
      serverVersion: versions.source,
    },
    target: { system: direction.target, host: target.host, name: target.database },
    verified: {
      depth: options.verify,
      snapshot,
      tables: Object.fromEntries(inventory.tables),
      largeObjects: inventory.largeObjects,
      sequences,
      schemaObjects: inventory.objects.length,
    },
    details: detailsOf(dumped, facts.source),
    durations: { ...durations },
  };
  await store.putManifest(archiveKey, manifest, signal).catch((cause: unknown) => {
    throw manifestFailed({ live: target.database, uri: store.uri(archiveKey) }, { cause });
  });
}
