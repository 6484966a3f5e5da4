/**
 * Step: record in S3 that the new database is a changed copy, before it becomes the target. In place, the target itself gets the record. A
 * person may replace the comment on the database, which holds the mark as well.
 */
import { markKey } from "@pilot-light/core/dump-keys";
import type { StepContext } from "../job.ts";
import { oidOf } from "../target/maintenance.ts";

/** Writes the record, if the job has a mark. */
export async function recordMark({ job, signal, cleanUp }: StepContext): Promise<void> {
  const { maintenance, mark, oids, options, staging, stamp, store, target } = job;
  if (mark === undefined) return;
  const { system, host, database: name } = target;
  const oid = options.inPlace === true ? oids.target : await oidOf(maintenance, staging);
  const key = markKey(system, stamp);
  cleanUp.add(`the record ${store.uri(key)}`, "It states the mark of a copy that does not exist.", (stop) =>
    store.removeObject(key, stop),
  );
  await store.putMark(key, { version: 1, database: { system, host, name, oid, mark } }, signal);
}
