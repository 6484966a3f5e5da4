/** Connects to one side of a sync. */
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { sqlState, sqlStateOf } from "@pilot-light/core/postgres/sql-state";

export { sessionOptions } from "@pilot-light/core/postgres/session";

/**
 * Connects with `open`. If RDS rejects the password, reads the secret again and tries once more: the secret may have been rotated a moment ago.
 * @param reread reads the secret
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
