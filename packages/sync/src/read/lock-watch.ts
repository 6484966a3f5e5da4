/** Warns about the sessions that hold the locks for which a sync waits. The server itself reports nothing during such a wait. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { Side } from "@pilot-light/core/errors";
import { OpsError } from "@pilot-light/core/ops-error";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { openSession, sessionOptions, type Session } from "@pilot-light/core/postgres/session";
import { sqlState, sqlStateOf } from "@pilot-light/core/postgres/sql-state";
import { tableLocked } from "../errors.ts";
import { isOwn } from "./database-facts.ts";
import { whileObjectsVanish } from "./vanishing.ts";

/** Milliseconds between two reads of the locks, and before the first one. */
const interval = 3000;

/** Locks on relations of this database for which a session of the tool waits, with the sessions that hold them. */
const waitsQuery = `
  select distinct on (l.relation, h.pid) l.relation::pg_catalog.regclass::text as relation, h.pid::int, h.usename::text as role,
         coalesce(nullif(h.application_name, ''), 'an unnamed application') as application,
         pg_catalog.to_char(h.xact_start at time zone 'UTC', 'HH24:MI:SS "UTC"') as since
    from pg_catalog.pg_stat_activity a join pg_catalog.pg_locks l on l.pid = a.pid and not l.granted and l.relation is not null
    cross join lateral pg_catalog.unnest(pg_catalog.pg_blocking_pids(a.pid)) b(pid)
    join pg_catalog.pg_stat_activity h on h.pid = b.pid
   where a.datname = pg_catalog.current_database() and ${isOwn("a")} and not ${isOwn("h")}`;

/** A session that holds a lock which the tool needs. */
interface Wait extends Record<string, unknown> {
  relation: string;
  pid: number;
  role: string | null;
  application: string;
  since: string | null;
}

/**
 * Runs `work`, which reads a database in which other sessions work. Warns about locks for which `work` waits. Runs `work` again if an object
 * was dropped after it had been listed.
 * @throws OpsError TABLE_LOCKED of the side's class; the error of the last attempt
 */
export async function readBusy<T>(
  endpoint: Endpoint,
  side: Side,
  context: CommandContext,
  work: () => Promise<T>,
): Promise<T> {
  return await namingLocks(endpoint, side, context, () => whileObjectsVanish(work, side));
}

/**
 * Runs `work`, which reads a database. While it waits for locks, prints a warning for each session that holds one.
 * @throws OpsError TABLE_LOCKED of the side's class if a lock was not released in time; any other error of `work`
 */
async function namingLocks<T>(
  endpoint: Endpoint,
  side: Side,
  { environment, printer, signal }: CommandContext,
  work: () => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  let last: string[] = [];
  const watching = watch(
    () => openSession(endpoint, sessionOptions(side, environment, AbortSignal.any([signal, ended.signal]))),
    ended.signal,
    (waits, isNew) => {
      last = waits;
      for (const wait of isNew) printer.warn(`${endpoint.system}: waiting for a lock on ${wait}`);
    },
  );
  try {
    return await work();
  } catch (error) {
    if (last.length === 0 || !isLockTimeout(error)) throw error;
    throw tableLocked({ side, system: endpoint.system, waits: last }, { cause: error });
  } finally {
    ended.abort();
    await watching;
  }
}

async function watch(
  open: () => Promise<Session>,
  ended: AbortSignal,
  report: (waits: string[], isNew: string[]) => void,
): Promise<void> {
  try {
    await sleep(interval, undefined, { signal: ended });
    await using session = await open();
    const known = new Set<string>();
    for (;;) {
      const waits = (await session.query<Wait>(waitsQuery)).map(describe);
      if (waits.length > 0) {
        report(
          waits,
          waits.filter((wait) => !known.has(wait)),
        );
      }
      for (const wait of waits) known.add(wait);
      await sleep(interval, undefined, { signal: ended });
    }
  } catch {
    // `work` has ended, or the server does not answer. In that case `work` fails as well, and reports it.
  }
}

function describe({ relation, pid, role, application, since }: Wait): string {
  const begun = since === null ? "" : `, in a transaction since ${since}`;
  return `${relation}, held by session ${pid} (role ${role ?? "unknown"}, ${application}${begun})`;
}

/** Whether a statement, or pg_dump, gave up waiting for a lock. */
function isLockTimeout(error: unknown): boolean {
  if (sqlStateOf(error) === sqlState.lockNotAvailable) return true;
  return error instanceof OpsError && error.details.some((line) => line.includes("due to lock timeout"));
}
