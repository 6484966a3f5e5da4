/**
 * Exchanging the names of the target and a database beside it. Everything before is preparation; this is the moment
 * that counts, so it either happens whole or leaves the target as it was.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { OpsError, messageOf } from "@pilot-light/core/errors";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";
import { sqlState, sqlStateOf } from "@pilot-light/core/postgres/sql-state";
import { isClient } from "./facts.ts";
import { listCompanions } from "./maintenance.ts";

export interface SwapRequest {
  /** The name applications use. */
  live: string;
  /** The database that gets that name. */
  incoming: string;
  /** The name the present target gets. */
  outgoing: string;
}

/** Each waits 5 s, and the target is closed meanwhile. */
const attempts = 4;

/**
 * Gives `incoming` the name `live`, and `live` the name `outgoing`. Sessions in both are ended; the outgoing database
 * stays closed, so that nothing is written to it by mistake.
 * @param signal ends the attempts to get the target free; once it has given up its name, the exchange is completed
 * @returns milliseconds for which the target could not be entered
 * @throws OpsError SWAP_FAILED (target): the target has its name and is open again
 */
export async function swap(
  maintenance: Session,
  { live, incoming, outgoing }: SwapRequest,
  signal: AbortSignal,
): Promise<number> {
  const start = performance.now();
  try {
    await setOpen(maintenance, live, false);
    await endSessions(maintenance, [live, incoming]);
    await rename(maintenance, live, outgoing, signal);
  } catch (cause) {
    await setOpen(maintenance, live, true);
    signal.throwIfAborted();
    throw new OpsError(
      "target",
      "SWAP_FAILED",
      `The target ${live} could not be exchanged, it is as it was: ${messageOf(cause)}`,
      {
        hint: "A session that cannot be ended holds it. See  select pid, usename, application_name from pg_stat_activity;",
        cause,
      },
    );
  }
  // Two statements and not one transaction: Neon sends renames to its control plane by name and in no certain order.
  try {
    await setOpen(maintenance, incoming, true);
    await rename(maintenance, incoming, live);
  } catch (cause) {
    await rename(maintenance, outgoing, live);
    await setOpen(maintenance, live, true);
    throw new OpsError(
      "target",
      "SWAP_FAILED",
      `${incoming} could not take the place of ${live}, which is as it was: ${messageOf(cause)}`,
      { cause },
    );
  }
  return performance.now() - start;
}

async function setOpen(maintenance: Session, database: string, open: boolean): Promise<void> {
  await maintenance.query(`alter database ${ident(database)} allow_connections ${open}`);
}

/** Ends the sessions of clients. Those of the platform's superusers (rdsadmin, cloud_admin) nobody may end; they go by themselves. */
async function endSessions(maintenance: Session, databases: readonly string[]): Promise<void> {
  await maintenance.query(
    `select pg_catalog.pg_terminate_backend(a.pid, 5000)
       from pg_catalog.pg_stat_activity a join pg_catalog.pg_roles r on r.oid = a.usesysid
      where a.datname = any($1::text[]) and ${isClient("a")}
        and (not r.rolsuper or pg_catalog.current_setting('is_superuser') = 'on')`,
    [databases],
  );
}

/** A rename waits 5 s for sessions to go by itself; one that was starting while the others were ended may still be there. */
async function rename(maintenance: Session, from: string, to: string, signal?: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      await maintenance.query(`alter database ${ident(from)} rename to ${ident(to)}`);
      return;
    } catch (error) {
      if (sqlStateOf(error) !== sqlState.objectInUse || attempt === attempts) throw error;
      await endSessions(maintenance, [from]);
      await sleep(200);
    }
  }
}

/**
 * Puts right what a run that was killed during its swap left: a target without its name gets it back, a closed one is
 * opened. Needs the lock.
 * @returns what was done, for people; undefined when nothing was wrong
 */
export async function repair(maintenance: Session, live: string): Promise<string | undefined> {
  const [found] = await maintenance.query<{ open: boolean }>(
    "select datallowconn as open from pg_catalog.pg_database where datname = $1",
    [live],
  );
  if (found?.open === true) return undefined;
  if (found !== undefined) {
    await setOpen(maintenance, live, true);
    return `an interrupted sync had closed ${live}: opened again`;
  }
  const [newest] = await listCompanions(maintenance, live, "old");
  if (newest === undefined) return undefined;
  await rename(maintenance, newest, live);
  await setOpen(maintenance, live, true);
  return `an interrupted sync had left ${live} without its name: ${newest} has it again`;
}
