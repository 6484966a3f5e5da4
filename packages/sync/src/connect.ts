/** Connecting to one side of a sync. */
import { readVariable, type Environment } from "@pilot-light/core/env";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { openSession, type Session, type SessionOptions } from "@pilot-light/core/postgres/session";
import { sqlState, sqlStateOf } from "@pilot-light/core/postgres/sql-state";

/** Options of every session of a sync. */
export function sessionOptions(
  failure: SessionOptions["failure"],
  environment: Environment,
  signal?: AbortSignal,
): SessionOptions {
  const seconds = Number(readVariable(environment, "PGCONNECT_TIMEOUT"));
  return {
    failure,
    attemptTimeout: (seconds > 0 ? seconds : 15) * 1000,
    ...(signal === undefined ? {} : { signal }),
  };
}

/**
 * Connects; a password that RDS refuses is read again once, as the secret may have been rotated a moment ago.
 * @returns the session, and the endpoint as it was entered
 */
export async function enter(
  endpoint: Endpoint,
  options: SessionOptions,
  reread: () => Promise<Endpoint>,
): Promise<{ session: Session; endpoint: Endpoint }> {
  try {
    return { session: await openSession(endpoint, options), endpoint };
  } catch (error) {
    if (endpoint.system !== "rds" || sqlStateOf(error) !== sqlState.invalidPassword) throw error;
    const again = await reread();
    if (again.password === endpoint.password) throw error;
    return { session: await openSession(again, options), endpoint: again };
  }
}
