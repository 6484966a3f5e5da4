/**
 * The swap: two renames give the name of the target to another database of the server. The swap succeeds completely or leaves the target
 * unchanged. If neither can be confirmed, the result is `unknown`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { protect } from "@pilot-light/core/async/protect";
import { settleAll } from "@pilot-light/core/async/settle";
import { messageOf, type OpsError } from "@pilot-light/core/ops-error";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";
import { sqlState, sqlStateOf } from "@pilot-light/core/postgres/sql-state";
import { swapBroken, swapFailed } from "../errors.ts";
import { isClient } from "../read/database-facts.ts";
import { askServer, type Answer } from "./ask-server.ts";
import { previousName, type PreviousKind } from "./database-names.ts";
import { assertNamed, oidOf } from "./maintenance.ts";

export interface SwapRequest {
  /** The name that applications use. */
  live: string;
  /** OID of the target that the plan inspected. */
  oid: number;
  /** The database that gets this name. */
  incoming: string;
  /** The kind of previous target that the target becomes; part of its new name. */
  becomes: PreviousKind;
  /** The time, for the name of the previous target. */
  stamp: string;
  /** Opens another maintenance session, in case the first one is lost. */
  reopen: () => Promise<Session>;
}

/** The swap succeeded: another database is the target now. */
export interface Replaced {
  target: "replaced";
  /** The name that the previous target has now; null if its contents were replaced in place. */
  previous: string | null;
  /** OID of the new target. */
  oid: number;
  /** Milliseconds for which nobody could connect to the target. */
  unavailableMs: number;
}

/** The result of a swap for the target. */
export type SwapResult =
  | Replaced
  /** The target has its name and is open. `error` is the reason, or the interruption. */
  | { target: "unchanged"; error: unknown }
  /** The names of the databases are not known; the message of `error` names the candidates. */
  | { target: "unknown"; error: OpsError };

/** How often a rename is tried. Each attempt waits at most 5 s, and the target is closed during that time. */
const attempts = 4;

/** OIDs of the two databases before the swap. They identify the databases after a rename. */
interface Oids {
  live: number;
  incoming: number;
}

/** The server's side of a session. */
interface Backend {
  pid: number;
  /** When it began: the server uses the number of an ended process again. */
  since: string;
}

/**
 * Renames `live` to the name of a previous target, and `incoming` to `live`. Ends the sessions in both. The previous target remains
 * closed, so that nobody writes to it by mistake.
 * @param signal ends the attempts to rename the target. Once the target has lost its name, the swap continues to its end.
 * @throws OpsError DATABASE_RENAMED, TARGET_QUERY_FAILED (target) if the swap cannot begin. It has changed nothing then.
 */
export async function swap(
  maintenance: Session,
  request: SwapRequest,
  signal: AbortSignal,
): Promise<SwapResult> {
  return await protect(swapNames(maintenance, request, signal));
}

async function swapNames(
  maintenance: Session,
  request: SwapRequest,
  signal: AbortSignal,
): Promise<SwapResult> {
  const { live, oid, incoming, becomes, stamp } = request;
  const [, incomingOid, backend] = await settleAll([
    assertNamed(maintenance, live, oid),
    oidOf(maintenance, incoming),
    backendOf(maintenance),
  ]);
  const oids = { live: oid, incoming: incomingOid };
  const start = performance.now();
  const previous = previousName(live, becomes, stamp, oids.incoming);
  const replaced = (): Replaced => ({
    target: "replaced",
    previous,
    oid: oids.incoming,
    unavailableMs: performance.now() - start,
  });
  try {
    // A session that holds a lock on the database must not keep the target closed for long.
    await maintenance.query("set lock_timeout = '2s'");
    // The incoming database is opened before the target is closed: if an undo is killed here, the next run recognizes it by the open
    // previous target.
    await setOpen(maintenance, incoming, true);
    await setOpen(maintenance, live, false);
    await endSessions(maintenance, [live, incoming]);
    await rename(maintenance, live, previous, signal);
    // The renames are two statements and not one transaction: Neon sends renames to its control plane by name, in any order.
    await rename(maintenance, incoming, live);
    return replaced();
  } catch (cause) {
    // A session that was lost may still be renaming the target: the server waits for other sessions, and does not notice that nobody listens.
    const lost = (await answers(maintenance)) ? undefined : backend;
    const recovery = await recover(request, { oids, previous, lost }, signal);
    if ("value" in recovery) {
      if (recovery.value === "completed") return replaced();
      const error = swapFailed({ live, reason: messageOf(cause) }, { cause });
      return { target: "unchanged", error: signal.aborted ? signal.reason : error };
    }
    const { system } = maintenance.endpoint;
    const reason = messageOf(recovery.error);
    return { target: "unknown", error: swapBroken({ live, incoming, previous, system, reason }, { cause }) };
  }
}

/** `completed`: the swap had succeeded, and only the answer was lost. `reverted`: the target has its name again and is open. */
type Recovery = "completed" | "reverted";

/** Finds out in new sessions whether a failed swap succeeded. If it did not, reverts it. */
async function recover(
  { live, incoming, becomes, reopen }: SwapRequest,
  { oids, previous, lost }: { oids: Oids; previous: string; lost: Backend | undefined },
  signal: AbortSignal,
): Promise<Answer<Recovery>> {
  const ask = async (session: Session): Promise<Recovery> => {
    if (lost !== undefined) await endBackend(session, lost);
    const names = await namesOf(session, oids);
    const completed = names.incoming === live;
    if (names.live === previous && !completed) await rename(session, previous, live);
    await setOpen(session, live, true);
    // A failed undo must close the previous target again.
    if (!completed && becomes === "undone") await setOpen(session, incoming, false);
    return completed ? "completed" : "reverted";
  };
  const isFinal = (error: unknown, isLate: boolean) =>
    // Another database has the name, so another attempt is useless.
    sqlStateOf(error) === sqlState.duplicateDatabase || (isLate && sqlStateOf(error) === undefined);
  return await askServer({ reopen, ask, pauseMs: 1000, isFinal }, signal);
}

async function backendOf(maintenance: Session): Promise<Backend> {
  return await maintenance.one<{ pid: number; since: string }>(
    "select pid, backend_start::text as since from pg_catalog.pg_stat_activity where pid = pg_catalog.pg_backend_pid()",
  );
}

/** Whether the session still works. Then it has ended its earlier statements. */
async function answers(session: Session): Promise<boolean> {
  return await session.query("select 1").then(
    () => true,
    () => false,
  );
}

/** @throws if the session still runs afterwards */
async function endBackend(session: Session, { pid, since }: Backend): Promise<void> {
  const found = await session.query<{ ended: boolean }>(
    `select pg_catalog.pg_terminate_backend(pid, 5000) as ended
       from pg_catalog.pg_stat_activity where pid = $1::int and backend_start::text = $2`,
    [pid, since],
  );
  if (found.some(({ ended }) => !ended)) throw new Error(`the lost session ${pid} still runs`);
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

/** Ends the sessions of clients. The role may not end sessions of the platform's superusers (rdsadmin, cloud_admin). They end by themselves. */
async function endSessions(maintenance: Session, databases: readonly string[]): Promise<void> {
  await maintenance.query(
    `select pg_catalog.pg_terminate_backend(a.pid, 5000)
       from pg_catalog.pg_stat_activity a join pg_catalog.pg_roles r on r.oid = a.usesysid
      where a.datname = any($1::text[]) and ${isClient("a")}
        and (not r.rolsuper or pg_catalog.current_setting('is_superuser') = 'on')`,
    [databases],
  );
}

const databaseInUse = new Set<string>([sqlState.objectInUse, sqlState.lockNotAvailable]);

/** Renames a database. The server waits 5 s for its sessions to end. A session may have begun while the others were ended: then tries again. */
async function rename(maintenance: Session, from: string, to: string, signal?: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      await maintenance.query(`alter database ${ident(from)} rename to ${ident(to)}`);
      return;
    } catch (error) {
      if (!databaseInUse.has(sqlStateOf(error) ?? "") || attempt === attempts) throw error;
      await endSessions(maintenance, [from]);
      await sleep(200);
    }
  }
}
