/**
 * Steps: write the draft of the manifest, which states what the dump contains, and at the end the manifest itself. The manifest makes the dump
 * complete: it states that the target was verified and replaced.
 */
import { manifestBase, marked, type Manifest, type UploadedDump } from "../archive/manifest.ts";
import type { OpenedDump } from "../archive/opened-dump.ts";
import { messageOf } from "@pilot-light/core/ops-error";
import type { SyncResult } from "../documents.ts";
import { manifestFailed } from "../errors.ts";
import { describeRun, type StepContext, type SyncJob } from "../job.ts";
import { oidOf } from "../target/maintenance.ts";
import type { Replaced } from "../target/swap.ts";
import type { Changed } from "./change-staging.ts";
import type { DumpedSource } from "./dump-source.ts";
import { detailsOf } from "./manifest-details.ts";

/** The results of the earlier steps. */
export interface Done {
  restorePoint: SyncResult["restorePoint"];
  changed: Changed | undefined;
  swapped: Replaced;
  /** Milliseconds of each step. */
  durationsMs: Readonly<Record<string, number>>;
}

/** The manifest of a dump that is complete in S3. Nothing has verified its contents yet, so they are in `contents` and not in `verified`. */
export function draftManifest(dumped: DumpedSource, stored: UploadedDump, job: SyncJob): Manifest {
  const { inventory, sequences, snapshot } = dumped;
  const { archiveKey, direction, dumpMark, facts, filter, oids, options, target, versions } = job;
  return {
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
    target: { system: direction.target, host: target.host, name: target.database, oid: oids.target },
    contents: {
      depth: options.verify,
      snapshot,
      tables: Object.fromEntries(inventory.tables),
      largeObjects: inventory.largeObjects,
      sequences,
      schemaObjects: inventory.objects.length,
      ...(filter === undefined ? {} : { withoutRows: filter.emptied.map(({ identity }) => identity) }),
      ...(filter?.scope === undefined ? {} : { onlySchemas: [...filter.scope.schemas] }),
    },
    details: detailsOf(dumped, facts.source),
    durations: {},
  };
}

/**
 * Writes the draft. If S3 does not accept it, the sync continues with a warning: after a crash, `--resume` could not use the dump. The in-place
 * mode writes none, because `--resume` does not support it.
 */
export async function writeDraft(manifest: Manifest, { job, printer, signal }: StepContext): Promise<void> {
  const { archiveKey, facts, maintenance, options, staging: name, store } = job;
  if (options.inPlace === true) return;
  const staging = await oidOf(maintenance, name);
  const { script } = options;
  const afterRestore =
    script === undefined ? {} : { afterRestore: { file: script.file, sha256: script.sha256 } };
  try {
    const { oldestRelations } = facts.target;
    await store.putDraft(
      archiveKey,
      { version: 1, manifest, staging, oldestRelations, ...afterRestore },
      signal,
    );
  } catch (error) {
    signal.throwIfAborted();
    printer.warn(`this sync could not be resumed after a crash: ${messageOf(error)}`);
  }
}

/**
 * Makes the dump complete, and deletes its draft.
 * @param draft the manifest from `draftManifest`
 * @throws OpsError MANIFEST_FAILED (aws)
 */
export async function writeManifest(
  { contents, ...draft }: Manifest,
  { restorePoint, changed, swapped, durationsMs }: Done,
  { job, printer, signal }: StepContext,
): Promise<void> {
  const { archiveKey, direction, mark, options, store, target } = job;
  const manifest: Manifest = {
    ...draft,
    target: {
      system: direction.target,
      host: target.host,
      name: target.database,
      oid: swapped.oid,
      ...marked(mark),
    },
    ...(contents === undefined ? {} : { verified: atDepth(contents, options.verify) }),
    ...(restorePoint === null ? {} : { restorePoint }),
    ...(changed === undefined ? {} : { afterRestore: afterRestoreOf(changed) }),
    durations: { ...durationsMs },
  };
  await store.putManifest(archiveKey, manifest, signal).catch((cause: unknown) => {
    throw manifestFailed({ live: target.database, uri: store.uri(archiveKey) }, { cause });
  });
  // The manifest has precedence over a draft that remains.
  await store.removeDraft(archiveKey, signal).catch((error: unknown) => printer.detail(messageOf(error)));
}

/** The contents that were verified. A sync with `--resume` may have compared only the numbers of rows. */
function atDepth(
  contents: NonNullable<OpenedDump["contents"]>,
  depth: "checksums" | "counts",
): NonNullable<Manifest["verified"]> {
  if (depth === contents.depth) return contents;
  const tables = Object.entries(contents.tables).map(([name, { rows }]) => [name, { rows }] as const);
  const { largeObjects } = contents;
  return {
    ...contents,
    depth,
    tables: Object.fromEntries(tables),
    largeObjects: { rows: largeObjects.rows },
  };
}

function afterRestoreOf({ script: { file, sha256 }, inventory }: Changed): Manifest["afterRestore"] & {} {
  const { tables, largeObjects } = inventory;
  return { file, sha256, tables: Object.fromEntries(tables), largeObjects };
}
