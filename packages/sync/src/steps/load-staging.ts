/**
 * Part of the dump: load the rows into the staging database while pg_dump writes the dump. If pg_dump waited for the target, the snapshot of
 * the source would stay open longer. So pg_dump writes a file, and pg_restore follows the file. A later step creates indexes and constraints.
 */
import type { GrowingFile, GrowingStream } from "@pilot-light/core/async/growing-file";
import type { Archive, ArchiveEntry } from "@pilot-light/core/inventory/archive";
import type { Amount } from "@pilot-light/core/output/meter";
import type { Session } from "@pilot-light/core/postgres/session";
import { operatorPath } from "../copy/operator-path.ts";
import { restoreObjects } from "../copy/restore-script.ts";
import { restorePart, type RestoreTarget } from "../copy/restore.ts";
import { distribute, isLeftOut, type RestoreListOptions } from "../copy/restore-list.ts";
import type { StepContext, SyncJob } from "../job.ts";
import { createStaging, dropDatabase } from "../target/maintenance.ts";
import { Background } from "./background.ts";
import { usefulJobs } from "./restore-jobs.ts";
import { openStaging } from "./sessions.ts";

/** The progress of loading rows: how much of the dump the slowest pg_restore has read. */
export class LoadProgress {
  readonly #runs: { stream: Pick<GrowingStream, "bytes">; table: string }[] = [];

  /** Adds a run of pg_restore. Returns the function to call when this run begins with another table. */
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

/** The staging database as the target of pg_restore. */
export function restoreTarget({ job, libpq }: StepContext): RestoreTarget {
  const { programs, staging, target, workDirectory } = job;
  const environment = libpq.target;
  return { endpoint: target, programs, environment, database: staging, directory: workDirectory };
}

/** Creates the staging database. Drops the one that an earlier attempt may have left. */
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
 * Creates the objects of the dump without indexes and constraints, then loads the rows with several runs of pg_restore, each of which
 * reads the dump from its beginning. Needs the empty staging database.
 * @returns a session in the staging database, which the signal of the context closes as well
 * @throws OpsError RESTORE_FAILED (target)
 */
export async function loadStaging(
  { file, archive, leftOut, progress }: LoadSource,
  context: StepContext,
): Promise<Session> {
  const { job, signal } = context;
  const target = restoreTarget(context);
  const session = await openStaging(context);
  const entries = (await archive).entries.filter((entry) => !isLeftOut(entry, leftOut));
  await restoreObjects(
    session,
    target,
    { name: "pre-data", section: "pre-data", entries, file: file.path, operators: operatorPath(entries) },
    context,
  );
  context.rehearsal.begin(context);
  // The first run that fails ends the others, which would follow the dump until its end.
  const runs = new Background(signal);
  const follow = (list: readonly ArchiveEntry[], index: number) => {
    const stream = file.follow(runs.signal);
    const onTable = progress.add(stream);
    const part = {
      name: `data-${index}`,
      sections: ["data"],
      entries: list,
      from: { stream },
      onTable,
    } as const;
    return runs.start(restorePart(target, part, { ...context, signal: runs.signal }));
  };
  const data = entries.filter(({ section }) => section === "data");
  try {
    await Promise.all(distribute(entries, job.sourceBytes, usefulJobs(job, data.length)).map(follow));
  } catch (error) {
    await runs.stop(error);
    throw runs.signal.reason;
  }
  return session;
}
