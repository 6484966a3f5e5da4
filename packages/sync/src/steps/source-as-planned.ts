/**
 * Checks, once the snapshot of the source exists, that the source is what the plan describes. Between the plan and the snapshot, a person answers the
 * prompt.
 */
import type { Session } from "@pilot-light/core/postgres/session";
import { filterOutdated } from "../errors.ts";
import type { SyncJob } from "../job.ts";
import { changedMatches } from "../read/filter.ts";
import { assertNamed } from "../target/maintenance.ts";

/**
 * @param session in the source, in no transaction: it sees at least everything that the snapshot contains
 * @throws OpsError DATABASE_RENAMED, FILTER_OUTDATED (source)
 */
export async function assertAsPlanned(
  session: Session,
  { filter, oids }: Pick<SyncJob, "filter" | "oids">,
): Promise<void> {
  const { database, system } = session.endpoint;
  await assertNamed(session, database, oids.source, "source");
  const names = filter === undefined ? [] : await changedMatches(session, filter);
  if (names.length > 0) throw filterOutdated({ system, names: names.slice(0, 20) });
}
