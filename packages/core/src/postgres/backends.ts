/** Finds out whether a server still works for its clients, or waits for a client that it no longer reaches. */
import { setTimeout as sleep } from "node:timers/promises";

/** The sessions to check: one by the id of its server process, or all of a program by their application name. */
export type Backends = { pid: number } | { applicationName: string };

/** The session that checks the others. */
interface Asking {
  one<Row extends { working: boolean; mark: string }>(sql: string, values?: readonly unknown[]): Promise<Row>;
}

/** `working`: a statement runs, and does not wait for its client. `mark` changes while a client and its server exchange data. */
const activity = `
  select coalesce(pg_catalog.bool_or(a.state not like 'idle%' and a.wait_event_type is distinct from 'Client'), false) as working,
         coalesce(pg_catalog.string_agg(
           pg_catalog.concat_ws(' ', a.pid, a.state_change, a.query_start, c.bytes_processed, c.tuples_processed), ', ' order by a.pid), '') as mark
    from pg_catalog.pg_stat_activity a left join pg_catalog.pg_stat_progress_copy c on c.pid = a.pid`;

/**
 * Checks twice: a server waits for its client on a slow connection as well as on a dead one.
 * @param pause milliseconds between the two checks
 * @returns true if none of the sessions made progress
 */
export async function areWaiting(
  session: Asking,
  backends: Backends,
  pause: number,
  signal: AbortSignal,
): Promise<boolean> {
  const [where, value] =
    "pid" in backends ? ["a.pid = $1", backends.pid] : ["a.application_name = $1", backends.applicationName];
  const ask = () => session.one<{ working: boolean; mark: string }>(`${activity} where ${where}`, [value]);
  const first = await ask();
  if (first.working) return false;
  await sleep(pause, undefined, { signal });
  const second = await ask();
  return !second.working && second.mark === first.mark;
}
