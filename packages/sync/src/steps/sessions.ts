/** How the steps connect to the target's server: with sessions, which the signal of the context closes as well, and with pg_restore. */
import { acquireAll } from "@pilot-light/core/async/settle";
import { withDatabase } from "@pilot-light/core/postgres/endpoint";
import { openSession, type Session } from "@pilot-light/core/postgres/session";
import type { RestoreTarget } from "../copy/restore.ts";
import type { StepContext } from "../job.ts";
import { sessionOptions } from "../read/connect.ts";

type Where = Pick<StepContext, "environment" | "job" | "signal">;

/** A session in the target. */
export async function openTarget({ environment, job, signal }: Where): Promise<Session> {
  return await openSession(job.target, sessionOptions("target", environment, signal));
}

/** A session in the staging database. */
export async function openStaging({ environment, job, signal }: Where): Promise<Session> {
  const endpoint = withDatabase(job.target, job.staging);
  return await openSession(endpoint, sessionOptions("target", environment, signal));
}

/** At least one session in the staging database, all or none. */
export async function openStagings(count: number, where: Where): Promise<[Session, ...Session[]]> {
  const others = Array.from({ length: count - 1 }, () => openStaging(where));
  const [first, ...rest] = await acquireAll([openStaging(where), ...others]);
  return [first, ...rest];
}

/** The staging database as the target of pg_restore. */
export function restoreTarget({ job, libpq }: StepContext): RestoreTarget {
  const { programs, staging, target, workDirectory } = job;
  const environment = libpq.target;
  return { endpoint: target, programs, environment, database: staging, directory: workDirectory };
}
