/** Entering both databases, for the checks that look into them. */
import { resolveRds, withCredentials } from "@pilot-light/core/postgres/rds-endpoint";
import { parseNeonUrl } from "@pilot-light/core/postgres/neon-url";
import { openSession, type Session, type SessionOptions } from "@pilot-light/core/postgres/session";
import { readVariable } from "@pilot-light/core/config/env";
import type { CheckContext } from "./check.ts";

/** A Neon compute that sleeps takes some seconds to wake up. */
const neonDeadline = 10_000;
/** Without a tunnel RDS does not answer at all: no use to wait long for that. */
const rdsDeadline = 4000;

/** @throws OpsError of `openSession` and `parseNeonUrl` */
export async function openNeon(context: CheckContext): Promise<Session> {
  const endpoint = parseNeonUrl(readVariable(context.environment, "NEON_DATABASE_URL"));
  context.hide(endpoint.password);
  return await openSession(endpoint, sessionOptions(context, "source", neonDeadline));
}

/** @throws OpsError of `openSession` and `resolveRds` */
export async function openRds(context: CheckContext): Promise<Session> {
  const { reads, environment } = context;
  const { values } = await reads.outputs();
  const [rds, secret] = await Promise.all([resolveRds(values, environment), reads.databaseSecret()]);
  return await openSession(withCredentials(rds, secret), sessionOptions(context, "target", rdsDeadline));
}

function sessionOptions(
  { environment, signal }: CheckContext,
  failure: SessionOptions["failure"],
  deadline: number,
): SessionOptions {
  const seconds = Number(readVariable(environment, "PGCONNECT_TIMEOUT"));
  const attemptTimeout = Math.min(deadline, (seconds > 0 ? seconds : 15) * 1000);
  return { failure, attemptTimeout, deadline, signal };
}
