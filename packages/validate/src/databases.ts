/** Connects to both databases, for the checks that read from them. */
import { iamLogin, usesIam } from "@pilot-light/core/aws/rds-login";
import { rdsPlace, resolveRds, withCredentials } from "@pilot-light/core/postgres/rds-endpoint";
import { readNeon } from "@pilot-light/core/postgres/neon-url";
import {
  openSession,
  sessionOptions,
  type Session,
  type SessionOptions,
} from "@pilot-light/core/postgres/session";
import type { CheckContext } from "./check.ts";

/** A suspended Neon compute takes some seconds to start. */
const neonDeadline = 10_000;
/** Without a route, RDS does not respond at all: a long wait does not help. */
const rdsDeadline = 4000;

/** @throws OpsError of `openSession` and `readNeon` */
export async function openNeon(context: CheckContext): Promise<Session> {
  const endpoint = readNeon(context.environment, { add: context.hide });
  return await openSession(endpoint, optionsFor("source", neonDeadline, context));
}

/** @throws OpsError of `openSession` and `resolveRds` */
export async function openRds(context: CheckContext): Promise<Session> {
  const { aws, reads, environment, hide } = context;
  const { values } = await reads.outputs();
  const login = usesIam(environment)
    ? await iamLogin(aws, rdsPlace(values), environment, hide)
    : await reads.databaseSecret();
  const rds = await resolveRds(values, environment, await reads.rdsRoute());
  return await openSession(withCredentials(rds, login), optionsFor("target", rdsDeadline, context));
}

function optionsFor(
  failure: SessionOptions["failure"],
  deadline: number,
  { environment, signal }: CheckContext,
): SessionOptions {
  const options = sessionOptions(failure, environment, signal);
  return { ...options, attemptTimeout: Math.min(deadline, options.attemptTimeout), deadline };
}
