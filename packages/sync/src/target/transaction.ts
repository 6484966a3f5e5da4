/**
 * The transaction of the in-place method: it empties the target, fills it and verifies it. Either it commits, or the target is unchanged.
 * Only `commit` can commit it: a COMMIT in a script or in a dump fails.
 */
import { protect } from "@pilot-light/core/async/protect";
import type { Environment } from "@pilot-light/core/config/env";
import { messageOf, type OpsError } from "@pilot-light/core/ops-error";
import { ident } from "@pilot-light/core/postgres/identifiers";
import { withProgramSocket, type SocketPlace } from "@pilot-light/core/postgres/program-socket";
import type { Session } from "@pilot-light/core/postgres/session";
import { isRejection, sqlStateOf } from "@pilot-light/core/postgres/sql-state";
import { notInExtension } from "@pilot-light/core/inventory/objects";
import { commitFailed, commitUnknown } from "../errors.ts";
import { askServer, type Answer } from "./ask-server.ts";
import { isLockable } from "./empty.ts";

/** A deferred constraint that the transaction violates until `commit`, so that no other COMMIT succeeds. */
export const guard = "pilot_light_ends_this_transaction";

/** For how long a statement of the transaction waits for a lock. Other sessions wait behind it meanwhile. */
const lockTimeout = "10s";

/**
 * Begins the transaction. After an unexpected ROLLBACK, the session can only read.
 * @returns id of the transaction, for `pg_xact_status`
 */
export async function beginTransaction(session: Session): Promise<string> {
  await setLimits(session);
  await session.query("begin isolation level read committed read write");
  await session.script(
    `create temporary table pilot_light_guard (n int constraint ${guard} unique deferrable initially deferred) on commit drop;
     insert into pg_temp.pilot_light_guard values (1), (1)`,
  );
  const { id } = await session.one<{ id: string }>("select pg_catalog.pg_current_xact_id()::text as id");
  return id;
}

async function setLimits(session: Session): Promise<void> {
  await session.query(`set default_transaction_read_only = on; set lock_timeout = '${lockTimeout}'`);
}

/** Sets all settings again, after a script in the transaction may have changed them. */
export async function resetSettings(session: Session): Promise<void> {
  await session.query("reset all");
  await session.pinSettings();
  await setLimits(session);
}

/** Runs programs in the transaction, as `withProgramSocket` does, which resets the settings. */
export async function withPrograms<T>(
  session: Session,
  place: SocketPlace,
  work: (environment: Environment) => Promise<T>,
): Promise<T> {
  const result = await withProgramSocket(session, place, work);
  await setLimits(session);
  return result;
}

/** How strictly tables are locked. */
export type LockMode = "exclusive" | "access exclusive";

/**
 * Locks all tables that the transaction drops, and fails if the role may not lock one of them. With `exclusive`, other sessions can only read.
 * With `access exclusive`, they wait.
 */
export async function lockTables(session: Session, mode: LockMode): Promise<void> {
  const tables = await session.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
        and (${isLockable("c")} or not c.relispartition and ${notInExtension("pg_class", "c.oid")}) order by c.oid`,
  );
  if (tables.length === 0) return;
  const names = tables.map(({ schema, name }) => ident(schema, name)).join(", ");
  await nested(session, () => session.query(`lock table ${names} in ${mode} mode`));
}

/** Runs `work` in a savepoint, so that its failure does not end the transaction. */
export async function nested<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query("savepoint nested");
  try {
    const result = await work();
    await session.query("release savepoint nested");
    return result;
  } catch (error) {
    if (sqlStateOf(error) !== undefined) await session.query("rollback to savepoint nested");
    throw error;
  }
}

/**
 * Checks the deferred constraints now, as COMMIT does. They remain deferred.
 * @throws OpsError TARGET_QUERY_FAILED; the transaction has failed then
 */
export async function checkDeferred(session: Session): Promise<void> {
  await session.query("savepoint deferred");
  await session.query("delete from pg_temp.pilot_light_guard");
  await session.query("set constraints all immediate");
  // The guard is violated again.
  await session.query("rollback to savepoint deferred");
}

/** The outcome of the transaction. */
export type Commit =
  | { target: "replaced" }
  /** `error` is the reason, or the interruption. */
  | { target: "unchanged"; error: unknown }
  /** The answer was lost, and the server could not be asked. */
  | { target: "unknown"; error: OpsError };

/** The transaction, and how to ask about it. */
export interface CommitRequest {
  /** From `beginTransaction`. */
  id: string;
  database: string;
  backup: string;
  /** Opens a session on the server. */
  reopen: () => Promise<Session>;
}

/** Commits. If the answer is lost, asks the server in a new session whether it has committed. */
export async function commit(session: Session, request: CommitRequest, signal: AbortSignal): Promise<Commit> {
  return await protect(commitNow(session, request, signal));
}

async function commitNow(session: Session, request: CommitRequest, signal: AbortSignal): Promise<Commit> {
  let isSent = false;
  try {
    await session.query("delete from pg_temp.pilot_light_guard");
    isSent = true;
    await session.query("commit");
    return { target: "replaced" };
  } catch (cause) {
    const { database } = request;
    const unchanged = (): Commit => ({
      target: "unchanged",
      error: signal.aborted ? signal.reason : commitFailed({ database, reason: messageOf(cause) }, { cause }),
    });
    // COMMIT was not sent, or the server has rejected it.
    if (!isSent || isRejection(cause)) return unchanged();
    const answer = await findStatus(request, signal);
    if ("value" in answer) return answer.value === "committed" ? { target: "replaced" } : unchanged();
    const { backup, id } = request;
    const { system } = session.endpoint;
    const reason = messageOf(answer.error);
    return { target: "unknown", error: commitUnknown({ database, system, id, backup, reason }, { cause }) };
  }
}

/** Whether the server has committed the transaction. */
async function findStatus(
  { id, reopen }: CommitRequest,
  signal: AbortSignal,
): Promise<Answer<"committed" | "aborted">> {
  const ask = async (session: Session) => {
    const { status } = await session.one<{ status: string | null }>(
      "select pg_catalog.pg_xact_status($1::xid8) as status",
      [id],
    );
    if (status === "committed" || status === "aborted") return status;
    // The server is still committing or rolling back.
    throw new Error(`the transaction ${id} is ${status ?? "no longer known"}`);
  };
  return await askServer({ reopen, ask, pauseMs: 500, isFinal: (_error, isLate) => isLate }, signal);
}
