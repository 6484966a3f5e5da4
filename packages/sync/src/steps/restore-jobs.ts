/**
 * How many runs of pg_restore work at the same time, when it is faster to send the statements as one script, and when a rehearsal of pg_dump saves
 * time. All constants are here.
 */
import type { SyncJob } from "../job.ts";
import type { Line } from "../read/line.ts";

/** Rough costs. The alternatives differ by factors. */
const costs = {
  /** Bytes that are worth another job. */
  bytesOfJob: 32 * 1024 * 1024,
  /** Milliseconds of the server for an entry that has nothing to do with rows. */
  entryMs: 0.25,
  /** Round trips that pg_restore makes for an entry. */
  tripsOfEntry: 2,
  /** Milliseconds and round trips of a job: a process, its connection, and its first statements. */
  jobMs: 50,
  tripsOfJob: 15,
  /** Bytes of rows on disk that are indexed in a millisecond. */
  indexedPerMs: 200_000,
  /** Milliseconds of work that may be repeated after an error. */
  repeatable: 10_000,
  /** Bytes a millisecond. A line that carries fewer is slower than one COPY, so that this process has time to pass on the rows. */
  slowLine: 40_000,
  /** Milliseconds of a core for a rehearsal of pg_dump, and the round trips that it saves at least. */
  rehearsalMs: 300,
  rehearsedTrips: 50,
};

/** Facts on which the number of jobs depends. */
export type JobFacts = Pick<SyncJob, "sourceBytes"> & { line: Line } & {
  options: { jobs: number };
};

/**
 * The given number of jobs, or fewer if there is little to do: a small amount of work takes longer to distribute than it saves.
 * @param entries number of entries of the dump that are distributed
 */
export function usefulJobs(facts: JobFacts, entries: number): number {
  const { line, options } = facts;
  const work = entries * (costs.entryMs + costs.tripsOfEntry * line.roundTripMs);
  const useful = Math.max(sizeOf(facts) / costs.bytesOfJob, work / jobTime(line.roundTripMs));
  return Math.min(options.jobs, 1 + Math.floor(useful));
}

/**
 * The tables that one job would load for longer than the other jobs need for their tables together, each with the number of COPY statements that
 * load it at the same time. All of them together are at most as many as the jobs. None on a fast line: the rows cost this process more time
 * there than several statements save on two cores.
 * @returns by `nameOfRelation`
 */
export function largeTables(facts: JobFacts, jobs: number): ReadonlyMap<string, number> {
  if (facts.line.bytesPerMs > costs.slowLine) return new Map();
  const share = sizeOf(facts) / jobs;
  const large = new Map<string, number>();
  let free = jobs;
  for (const [relation, bytes] of [...facts.sourceBytes].toSorted(([, a], [, b]) => b - a)) {
    const copies = Math.min(Math.ceil(bytes / share), Math.floor(bytes / costs.bytesOfJob), free);
    if (!(copies > 1)) break;
    large.set(relation, copies);
    free -= copies;
  }
  return large;
}

/** Whether one script creates the indexes and constraints faster than several jobs, which build indexes at the same time. */
export function isScriptFaster(facts: JobFacts, entries: number): boolean {
  const { roundTripMs } = facts.line;
  const jobs = usefulJobs(facts, entries);
  const building = sizeOf(facts) / costs.indexedPerMs;
  if (building > costs.repeatable) return false;
  const waiting = (entries * costs.tripsOfEntry * roundTripMs) / jobs;
  return building < building / jobs + waiting + jobTime(roundTripMs);
}

/** Whether a recording of what pg_dump asks saves more time than it takes. */
export function isRehearsalFaster({ line }: Pick<JobFacts, "line">): boolean {
  return costs.rehearsedTrips * line.roundTripMs > costs.rehearsalMs;
}

function jobTime(roundTripMs: number): number {
  return costs.jobMs + costs.tripsOfJob * roundTripMs;
}

function sizeOf({ sourceBytes }: JobFacts): number {
  return [...sourceBytes.values()].reduce((sum, size) => sum + size, 0);
}
