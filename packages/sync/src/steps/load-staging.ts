/**
 * Part of the dump: fill the staging database while pg_dump writes the archive. pg_dump never waits for the target, which would keep the
 * source's snapshot open: it writes a file, and pg_restore follows the file. Indexes and constraints come later.
 */
import type { GrowingFile, GrowingStream } from "@pilot-light/core/async/growing-file";
import { settleAll } from "@pilot-light/core/async/settle";
import type { Archive, ArchiveEntry } from "@pilot-light/core/inventory/archive";
import type { Amount } from "@pilot-light/core/output/meter";
import { restorePart, type RestoreTarget } from "../copy/restore.ts";
import { distribute, isLeftOut, type RestoreListOptions } from "../copy/restore-list.ts";
import type { StepContext, SyncJob } from "../job.ts";
import { createStaging, dropDatabase } from "../target/maintenance.ts";

/** Work that is worth another process and its connection: less of it takes longer to distribute than it saves. */
const worthAnotherJob = { bytes: 32 * 1024 * 1024, entries: 200 };

/** How far the loading of rows is: how much of the dump the slowest pg_restore has read. */
export class LoadProgress {
  readonly #runs: { stream: Pick<GrowingStream, "bytes">; table: string }[] = [];

  /** @returns what is called when this pg_restore begins with another table */
  add(stream: Pick<GrowingStream, "bytes">): (table: string) => void {
    const run = { stream, table: "" };
    this.#runs.push(run);
    return (table) => (run.table = table);
  }

  /** @param bytes size of the complete dump */
  describe(bytes: number): Amount {
    const [slowest] = this.#runs.toSorted((one, other) => one.stream.bytes - other.stream.bytes);
    const megabytes = (count: number) => Math.round(count / 1_000_000);
    const done = megabytes(slowest?.stream.bytes ?? 0);
    return { done, all: megabytes(bytes), noun: "MB", part: slowest?.table ?? "" };
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
  progress: LoadProgress;
}

/**
 * Creates the objects of the archive without indexes and constraints, then loads the rows with several runs of pg_restore, each of which
 * reads the archive from its beginning. Needs the empty staging database.
 * @throws OpsError RESTORE_FAILED (target)
 */
export async function loadStaging(
  { file, archive, leftOut, progress }: LoadSource,
  context: StepContext,
): Promise<void> {
  const { job, signal } = context;
  const entries = (await archive).entries.filter((entry) => !isLeftOut(entry, leftOut));
  const target = restoreTarget(context);
  const lists = distribute(entries, job.sourceBytes, usefulJobs(job, 0));
  const follow = (sections: ("pre-data" | "data")[], list: readonly ArchiveEntry[], index: number) => {
    const stream = file.follow(signal);
    const onTable = progress.add(stream);
    const part = { name: `data-${index}`, sections, entries: list, from: { stream }, onTable };
    return restorePart(target, part, context);
  };
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
