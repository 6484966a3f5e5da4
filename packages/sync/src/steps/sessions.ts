/** Sessions of the steps on the target's server. The signal of the context closes them as well. */
import { withDatabase } from "@pilot-light/core/postgres/endpoint";
import { openSession, type Session } from "@pilot-light/core/postgres/session";
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
