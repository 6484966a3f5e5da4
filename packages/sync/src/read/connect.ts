/** Connects to one side of a sync. */
import { readVariable, type Environment } from "@pilot-light/core/config/env";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { SessionOptions } from "@pilot-light/core/postgres/session";
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
 * Connects by `open`. If RDS rejects the password, reads it again once, as the secret may have been rotated a moment ago.
 * @param reread reads the secret again
 */
export async function withFreshPassword<T>(
  endpoint: Endpoint,
  reread: () => Promise<Endpoint>,
  open: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  try {
    return await open(endpoint);
  } catch (error) {
    if (endpoint.system !== "rds" || sqlStateOf(error) !== sqlState.invalidPassword) throw error;
    const again = await reread();
    if (again.password === endpoint.password) throw error;
    return await open(again);
  }
}
