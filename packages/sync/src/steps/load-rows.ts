/**
 * Loads the rows of a dump into the staging database, with several runs of pg_restore at the same time. Each of them reads the dump from its
 * beginning. A table that would keep one of them busy for longer than the others is loaded with several COPY statements.
 */
import type { GrowingFile, GrowingStream } from "@pilot-light/core/async/growing-file";
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { messageOf } from "@pilot-light/core/ops-error";
import type { Amount } from "@pilot-light/core/output/meter";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";
import { copyRows } from "../copy/copy-rows.ts";
import { restorePart } from "../copy/restore.ts";
import { distribute } from "../copy/restore-list.ts";
import type { StepContext, SyncJob } from "../job.ts";
import { nameOfRelation } from "../read/inventory.ts";
import { Background } from "./background.ts";
import { largeTables, usefulJobs } from "./restore-jobs.ts";
import { openStaging, restoreTarget } from "./sessions.ts";

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

/** Who loads which rows. */
export interface RowsPlan {
  /** How many COPY statements load a table, by `nameOfRelation`. Of the other tables, one run of pg_restore loads several. */
  copies: ReadonlyMap<string, number>;
  /** Runs of pg_restore for the other tables. */
  runs: number;
  /** Sessions that the COPY statements need; at least one. */
  sessions: number;
}

export function planRows(job: SyncJob): RowsPlan {
  const jobs = usefulJobs(job, job.sourceBytes.size);
  const copies = largeTables(job, jobs);
  const sessions = [...copies.values()].reduce((sum, each) => sum + each, 0);
  // The session that has created the objects runs one of the COPY statements.
  return { copies, runs: sessions === 0 ? jobs : jobs + 1 - sessions, sessions: Math.max(1, sessions) };
}

/** The rows to load. */
export interface RowsSource {
  file: GrowingFile;
  /** The entries of rows and positions. */
  data: readonly ArchiveEntry[];
  progress: LoadProgress;
}

/**
 * @param sessions in the staging database. A COPY that fails closes its session
 * @throws OpsError RESTORE_FAILED (target)
 */
export async function loadRows(
  { file, data, progress }: RowsSource,
  { copies, runs }: RowsPlan,
  sessions: readonly Session[],
  context: StepContext,
): Promise<void> {
  // The first part that fails ends the others, which would follow the dump until its end.
  const parts = new Background(context.signal);
  const within = { ...context, signal: parts.signal };
  const target = restoreTarget(context);
  const load = async (entries: readonly ArchiveEntry[], name: string) => {
    const stream = file.follow(parts.signal);
    const onTable = progress.add(stream);
    await restorePart(target, { name, sections: ["data"], entries, from: { stream }, onTable }, within);
  };
  const loadLarge = async (entry: ArchiveEntry, own: readonly Session[]) => {
    const stream = file.follow(parts.signal);
    progress.add(stream)(entry.tag);
    try {
      await copyRows({ entry, stream }, own, target, within);
      return;
    } catch (error) {
      parts.signal.throwIfAborted();
      context.printer.detail(`pg_restore repeats the COPY of ${entry.tag}: ${messageOf(error)}`);
    }
    // pg_restore reports what is wrong with the rows, if it fails as well.
    await using again = await openStaging(within);
    await again.query(`truncate only ${ident(entry.schema ?? "public", entry.tag)}`);
    await load([entry], `rows-${entry.id}`);
  };
  const copiesOf = ({ schema, tag, type }: ArchiveEntry) =>
    type === "TABLE DATA" ? (copies.get(nameOfRelation(schema, tag)) ?? 0) : 0;
  const free = [...sessions];
  const others = data.filter((entry) => copiesOf(entry) === 0);
  const work = [
    ...data
      .filter((entry) => copiesOf(entry) > 0)
      .map((entry) => loadLarge(entry, free.splice(0, copiesOf(entry)))),
    ...distribute(others, context.job.sourceBytes, runs).map((list, index) => load(list, `data-${index}`)),
  ];
  try {
    await Promise.all(work.map((part) => parts.start(part)));
  } catch (error) {
    await parts.stop(error);
    throw parts.signal.reason;
  }
}
