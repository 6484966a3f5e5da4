/** Step: the manifest makes the dump of the source complete. It comes last: it states that the target was verified and replaced. */
import { manifestBase, marked, type Manifest, type UploadedDump } from "../archive/manifest.ts";
import type { SyncResult } from "../documents.ts";
import { manifestFailed } from "../errors.ts";
import { describeRun, type StepContext } from "../job.ts";
import type { Replaced } from "../target/swap.ts";
import type { Changed } from "./change-staging.ts";
import type { DumpedSource } from "./dump-source.ts";
import { detailsOf } from "./manifest-details.ts";

/** What the steps before did. */
export interface Done {
  stored: UploadedDump;
  restorePoint: SyncResult["restorePoint"];
  changed: Changed | undefined;
  swapped: Replaced;
  /** Milliseconds of each step. */
  durationsMs: Readonly<Record<string, number>>;
}

export async function writeManifest(
  dumped: DumpedSource,
  { stored, restorePoint, changed, swapped, durationsMs }: Done,
  { job, signal }: StepContext,
): Promise<void> {
  const { inventory, sequences, snapshot } = dumped;
  const { archiveKey, direction, dumpMark, facts, filter, mark, oids, options, store, target, versions } =
    job;
  const manifest: Manifest = {
    ...manifestBase(describeRun(job), archiveKey, stored),
    kind: "archive",
    database: {
      system: direction.source,
      host: dumped.endpoint.host,
      name: dumped.endpoint.database,
      serverVersion: versions.source,
      oid: oids.source,
      ...marked(dumpMark),
    },
    target: {
      system: direction.target,
      host: target.host,
      name: target.database,
      oid: swapped.oid,
      ...marked(mark),
    },
    verified: {
      depth: options.verify,
      snapshot,
      tables: Object.fromEntries(inventory.tables),
      largeObjects: inventory.largeObjects,
      sequences,
      schemaObjects: inventory.objects.length,
      ...(filter === undefined ? {} : { withoutRows: filter.emptied.map(({ identity }) => identity) }),
    },
    ...(restorePoint === null ? {} : { restorePoint }),
    ...(changed === undefined ? {} : { afterRestore: describeChange(changed) }),
    details: detailsOf(dumped, facts.source),
    durations: { ...durationsMs },
  };
  await store.putManifest(archiveKey, manifest, signal).catch((cause: unknown) => {
    throw manifestFailed({ live: target.database, uri: store.uri(archiveKey) }, { cause });
  });
}

function describeChange({ script: { file, sha256 }, inventory }: Changed): Manifest["afterRestore"] & {} {
  const { tables, largeObjects } = inventory;
  return { file, sha256, tables: Object.fromEntries(tables), largeObjects };
}
