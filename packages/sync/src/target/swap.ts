/**
 * Exchanging the names of the target and a database beside it. Everything before is preparation; this is the moment
 * that counts, so it either happens whole or leaves the target as it was.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";
import { sqlState, sqlStateOf } from "@pilot-light/core/postgres/sql-state";
import { formerName, type FormerKind } from "./database-names.ts";
import { isClient } from "../read/database-facts.ts";

export interface SwapRequest {
  /** The name applications use. */
  live: string;
  /** The database that gets that name. */
  incoming: string;
  /** What the target is from then on. */
  becomes: FormerKind;
  /** When, for the name of the former target. */
  stamp: string;
  /** Opens another session beside the target, should this one be lost. */
  reopen: () => Promise<Session>;
}

/** What an exchange came to. */
export interface Swapped {
  /** The former target's name now. */
  former: string;
  /** Milliseconds for which the target could not be entered. */
  unavailable: number;
}

/** Each waits 5 s at most, and the target is closed meanwhile. */
const attempts = 4;
/** Milliseconds to find out what a failed exchange left, and to put it right. */
const recoveryTime = 30_000;

/** Which database is which, whatever they are called at the moment. */
interface Oids {
  live: number;
  incoming: number;
}

/**
 * Gives `incoming` the name `live`, and `live` the name of a former target. Sessions in both are ended; the former target
 * stays closed, so that nothing is written to it by mistake.
 * @param signal ends the attempts to get the target free; once it has given up its name, the exchange is completed
 * @throws OpsError SWAP_FAILED (target): the target is as it was. SWAP_BROKEN (target): it could not be put right; the
 *   message says where the data is
 */
export async function swap(
  maintenance: Session,
  request: SwapRequest,
  signal: AbortSignal,
): Promise<Swapped> {
  const { live, incoming, becomes, stamp } = request;
  const oids = await oidsOf(maintenance, live, incoming);
  const former = formerName(live, becomes, stamp, oids.incoming);
  const start = performance.now();
  try {
    // Somebody who holds a lock on the database must not keep it closed for long.
    await maintenance.query("set lock_timeout = '2s'");
    await setOpen(maintenance, live, false);
    await endSessions(maintenance, [live, incoming]);
    await rename(maintenance, live, former, signal);
    // Two statements and not one transaction: Neon sends renames to its control plane by name and in no certain order.
    await setOpen(maintenance, incoming, true);
    await rename(maintenance, incoming, live);
  } catch (cause) {
    const { system } = maintenance.endpoint;
    const completed = await recover({ ...request, system }, oids, former, cause);
    if (!completed) {
      signal.throwIfAborted();
      throw new OpsError(
        "target",
        "SWAP_FAILED",
        `The target ${live} could not be exchanged, it is as it was: ${messageOf(cause)}`,
        {
          hint: "A session that cannot be ended may hold it. See  select pid, usename, application_name from pg_stat_activity;",
          cause,
        },
      );
    }
  }
  return { former, unavailable: performance.now() - start };
}

async function oidsOf(maintenance: Session, live: string, incoming: string): Promise<Oids> {
  const rows = await maintenance.query<{ name: string; oid: string }>(
    "select datname::text as name, oid::text from pg_catalog.pg_database where datname = any($1::text[])",
    [[live, incoming]],
  );
  const oid = (name: string) => Number(rows.find((row) => row.name === name)?.oid);
  return { live: oid(live), incoming: oid(incoming) };
}

/**
 * Finds out, on a session of its own, how far an exchange came that failed or whose answer was lost, and takes it back.
 * @returns true when it had been completed after all
 */
async function recover(
  request: SwapRequest & { system: DatabaseSystem },
  oids: Oids,
  former: string,
  cause: unknown,
): Promise<boolean> {
  const { live, incoming, reopen, system } = request;
  const deadline = Date.now() + recoveryTime;
  let last: unknown = cause;
  while (Date.now() < deadline) {
    try {
      await using session = await reopen();
      const names = await namesOf(session, oids);
      const completed = names.incoming === live;
      if (names.live === former && !completed) await rename(session, former, live);
      await setOpen(session, live, true);
      return completed;
    } catch (error) {
      last = error;
      // The name is somebody else's now: trying again changes nothing.
      if (sqlStateOf(error) === sqlState.duplicateDatabase) break;
      await sleep(1000);
    }
  }
  throw new OpsError(
    "target",
    "SWAP_BROKEN",
    `The exchange of ${live} was interrupted and could not be taken back: ${messageOf(last)}`,
    {
      details: [
        `the target as it was is the database ${live} or ${former}`,
        `what was to take its place is the database ${incoming} or ${live}`,
        "nothing was removed",
      ],
      hint: `Put it right:  pnpm sync undo ${system}    which goes no step further back. By hand:  alter database ${ident(former)} rename to ${ident(live)}; alter database ${ident(live)} allow_connections true;`,
      state: "unknown",
      cause,
    },
  );
}

async function namesOf(
  session: Session,
  oids: Oids,
): Promise<{ live: string | undefined; incoming: string | undefined }> {
  const rows = await session.query<{ name: string; oid: string }>(
    "select datname::text as name, oid::text from pg_catalog.pg_database where oid = any($1::oid[])",
    [[oids.live, oids.incoming]],
  );
  const name = (oid: number) => rows.find((row) => Number(row.oid) === oid)?.name;
  return { live: name(oids.live), incoming: name(oids.incoming) };
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

const inTheWay = new Set<string>([sqlState.objectInUse, sqlState.lockNotAvailable]);

/** A rename waits 5 s for sessions to go by itself; one that was starting while the others were ended may still be there. */
async function rename(maintenance: Session, from: string, to: string, signal?: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      await maintenance.query(`alter database ${ident(from)} rename to ${ident(to)}`);
      return;
    } catch (error) {
      if (!inTheWay.has(sqlStateOf(error) ?? "") || attempt === attempts) throw error;
      await endSessions(maintenance, [from]);
      await sleep(200);
    }
  }
}
