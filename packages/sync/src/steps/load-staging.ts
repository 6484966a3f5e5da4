/**
 * Part of the dump: fill the staging database while pg_dump writes the archive. pg_dump never waits for the target, which would keep the
 * source's snapshot open: it writes a file, and pg_restore follows the file. Indexes and constraints come later.
 */
import type { GrowingFile } from "@pilot-light/core/async/growing-file";
import { settleAll } from "@pilot-light/core/async/settle";
import type { Archive, ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { restorePart, type RestoreTarget } from "../copy/restore.ts";
import { distribute, isLeftOut, type RestoreListOptions } from "../copy/restore-list.ts";
import type { StepContext, SyncJob } from "../job.ts";
import { createStaging, dropDatabase } from "../target/maintenance.ts";

/** Work that is worth another process and its connection: less of it takes longer to distribute than it saves. */
const worthAnotherJob = { bytes: 32 * 1024 * 1024, entries: 200 };

/** Tables whose rows are loaded. */
export class LoadedTables {
  #done = 0;
  #all = 0;
  /** Called after each change. */
  onChange: (done: number, all: number) => void = () => undefined;

  start(all: number): void {
    this.#all = all;
  }

  add(): void {
    this.#done += 1;
    this.onChange(this.#done, this.#all);
  }
}

/** The staging database, as pg_restore gets it. */
export function restoreTarget({ job, libpq }: StepContext): RestoreTarget {
  const { programs, staging, target, workDirectory } = job;
  const environment = libpq.target;
  return { endpoint: target, programs, environment, database: staging, directory: workDirectory };
}

/** Creates the staging database, which an earlier attempt may have left. */
export async function createEmptyStaging({ maintenance, staging, target }: SyncJob): Promise<void> {
  await dropDatabase(maintenance, staging);
  await createStaging(maintenance, target.database, staging);
}

/** What `loadStaging` reads. */
export interface LoadSource {
  file: GrowingFile;
  archive: Promise<Archive>;
  leftOut: RestoreListOptions;
  loaded: LoadedTables;
}

/**
 * Creates the objects of the archive without indexes and constraints, then loads the rows with several runs of pg_restore, each of which
 * reads the archive from its beginning. Needs the empty staging database.
 * @throws OpsError RESTORE_FAILED (target)
 */
export async function loadStaging(
  { file, archive, leftOut, loaded }: LoadSource,
  context: StepContext,
): Promise<void> {
  const { job, signal } = context;
  const entries = (await archive).entries.filter((entry) => !isLeftOut(entry, leftOut));
  loaded.start(entries.filter(({ type }) => type === "TABLE DATA").length);
  const target = restoreTarget(context);
  const lists = distribute(entries, job.sourceBytes, usefulJobs(job, 0));
  const follow = (sections: ("pre-data" | "data")[], list: readonly ArchiveEntry[], index: number) =>
    restorePart(
      target,
      {
        name: `data-${index}`,
        sections,
        entries: list,
        from: { stream: file.follow(signal) },
        onTable: () => loaded.add(),
      },
      context,
    );
  const [first = [], ...others] = lists;
  if (others.length === 0) {
    await follow(["pre-data", "data"], first, 0);
    return;
  }
  const objects = { name: "pre-data", sections: ["pre-data"], entries, from: { file: file.path } } as const;
  await restorePart(target, objects, context);
  await settleAll(lists.map((list, index) => follow(["data"], list, index)));
}

/** The jobs that are asked for, or fewer where there is little to do. */
export function usefulJobs({ options, sourceBytes }: SyncJob, entries: number): number {
  const bytes = [...sourceBytes.values()].reduce((sum, size) => sum + size, 0);
  const useful = Math.max(bytes / worthAnotherJob.bytes, entries / worthAnotherJob.entries);
  return Math.min(options.jobs, 1 + Math.floor(useful));
}
