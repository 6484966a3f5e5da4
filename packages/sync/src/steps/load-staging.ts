/**
 * Part of the dump: load the rows into the staging database while pg_dump writes the dump. If pg_dump waited for the target, the snapshot of
 * the source would stay open longer. So pg_dump writes a file, and pg_restore follows the file. A later step creates indexes and constraints.
 */
import type { GrowingFile } from "@pilot-light/core/async/growing-file";
import type { Archive } from "@pilot-light/core/inventory/archive";
import type { Session } from "@pilot-light/core/postgres/session";
import { operatorPath } from "../copy/operator-path.ts";
import { restoreObjects } from "../copy/restore-script.ts";
import { isLeftOut, type RestoreListOptions } from "../copy/restore-list.ts";
import type { StepContext, SyncJob } from "../job.ts";
import { createStaging, dropDatabase } from "../target/maintenance.ts";
import { loadRows, planRows, type LoadProgress } from "./load-rows.ts";
import { openStaging, openStagings, restoreTarget } from "./sessions.ts";

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
 * Creates the objects of the dump without indexes and constraints, then loads the rows. Needs the empty staging database.
 * @returns a session in the staging database, which the signal of the context closes as well
 * @throws OpsError RESTORE_FAILED (target)
 */
export async function loadStaging(
  { file, archive, leftOut, progress }: LoadSource,
  context: StepContext,
): Promise<Session> {
  const { job } = context;
  const plan = planRows(job);
  const [session, ...others] = await openStagings(plan.sessions, context);
  try {
    const entries = (await archive).entries.filter((entry) => !isLeftOut(entry, leftOut));
    const objects = { name: "pre-data", section: "pre-data", entries, file: file.path } as const;
    const operators = operatorPath(entries);
    await restoreObjects(session, restoreTarget(context), { ...objects, operators }, context);
    context.rehearsal.begin(context);
    const data = entries.filter(({ section }) => section === "data");
    await loadRows({ file, data, progress }, plan, [session, ...others], context);
  } finally {
    await Promise.all(others.map((each) => each[Symbol.asyncDispose]()));
  }
  return session.isOpen ? session : await openStaging(context);
}
