/** Step of a restore, in place of the dump: the rows of a downloaded dump go into the staging database. */
import { GrowingFile } from "@pilot-light/core/async/growing-file";
import { readingOf } from "@pilot-light/core/inventory/tables";
import type { OpenedDump } from "../archive/opened-dump.ts";
import { isLeftOut } from "../copy/restore-list.ts";
import type { StepContext } from "../job.ts";
import { nameOfRelation } from "../read/inventory.ts";
import { closedToPublic } from "../target/privileges.ts";
import { dropDatabase, ownsPublic } from "../target/maintenance.ts";
import { compareWith } from "./compare-with-dump.ts";
import { LoadProgress } from "./load-rows.ts";
import { createEmptyStaging, loadStaging } from "./load-staging.ts";
import type { LoadedSource } from "./loaded-source.ts";

/** Begins to load the rows. */
export async function openSource(dump: OpenedDump, context: StepContext): Promise<LoadedSource> {
  const { job, cleanUp, together } = context;
  const { maintenance, options, skippedExtensions, staging, target } = job;
  const inPlace = options.inPlace === true;
  if (!inPlace) {
    cleanUp.add(`the staging database ${staging}`, `The next sync to ${target.system} drops it.`, () =>
      dropDatabase(maintenance, staging),
    );
  }
  const { archive, contents, details, file, bytes, manifest } = dump;
  const all = (details?.relations ?? []).filter(({ isReadable }) => isReadable);
  const relations = all.filter(({ extension }) => !skippedExtensions.includes(extension));
  const skipped = all.filter((relation) => !relations.includes(relation));
  const leftOut = {
    skippedExtensions,
    skippedRelations: new Set(skipped.map(({ schema, name }) => nameOfRelation(schema, name))),
    // In place, the target keeps its comment.
    mayCommentPublic: !inPlace && (await ownsPublic(maintenance)),
  };
  const progress = new LoadProgress();
  const load = async () => {
    if (inPlace) return undefined;
    await createEmptyStaging(job);
    const growing = new GrowingFile(file);
    growing.complete();
    return await loadStaging(
      { file: growing, archive: Promise.resolve(archive), leftOut, progress },
      context,
    );
  };
  const restored = archive.entries.filter((entry) => !isLeftOut(entry, leftOut));
  const privileges = (details?.privileges ?? []).map((each) => ({ ...each, owner: "", mayCreate: true }));
  return {
    dump: { file, bytes },
    archive,
    relations,
    leftOut,
    loading: together(load()),
    progress,
    closed: closedToPublic({ objects: privileges }),
    hasPublic: details?.state.hasPublic ?? true,
    reading: contents === undefined ? "counts" : readingOf(options.verify, contents.tables),
    compare: (found) =>
      compareWith(dump, restored, new Set(relations.map(({ identity }) => identity)), found),
    stored: Promise.resolve({ bytes, sha256: manifest.sha256 }),
  };
}
