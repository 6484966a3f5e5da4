/**
 * Several sessions at once, and several that all see one exported snapshot: pg_dump and the fingerprints are made from
 * the same moment, however busy the source is.
 */
import { OpsError } from "@pilot-light/core/errors";
import { listDataTables, type DataTable } from "@pilot-light/core/inventory/tables";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { ident, literal } from "@pilot-light/core/postgres/identifiers";
import { openSession, type Session, type SessionOptions } from "@pilot-light/core/postgres/session";
import { sqlState, sqlStateOf } from "@pilot-light/core/postgres/sql-state";
import { acquireAll } from "./settle.ts";

/** One or more sessions of one endpoint, closed together. */
export class Sessions implements AsyncDisposable {
  readonly first: Session;
  readonly others: readonly Session[];

  constructor(first: Session, others: readonly Session[]) {
    this.first = first;
    this.others = others;
  }

  get all(): readonly Session[] {
    return [this.first, ...this.others];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((session) => session[Symbol.asyncDispose]()));
  }
}

/** Opens `count` sessions, all or none. */
export async function openSessions(
  endpoint: Endpoint,
  count: number,
  options: SessionOptions,
): Promise<Sessions> {
  // The first alone: where it fails, the others would fail alike, and a sleeping compute is woken up once.
  const first = await openSession(endpoint, options);
  try {
    const others = Array.from({ length: count - 1 }, () => openSession(endpoint, options));
    return new Sessions(first, await acquireAll(others));
  } catch (error) {
    await first[Symbol.asyncDispose]();
    throw error;
  }
}

/** Sessions that see one snapshot, which lives as long as they do. */
export class Snapshot implements AsyncDisposable {
  /** What `pg_dump --snapshot` takes. */
  readonly id: string;
  readonly #sessions: Sessions;

  constructor(id: string, sessions: Sessions) {
    this.id = id;
    this.#sessions = sessions;
  }

  get first(): Session {
    return this.#sessions.first;
  }

  get sessions(): readonly Session[] {
    return this.#sessions.all;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sessions[Symbol.asyncDispose]();
  }
}

const beginRead = "begin isolation level repeatable read read only";
/** How often a list of tables may turn out to be no longer true. */
const attempts = 5;

/**
 * Exports a snapshot and opens `count` sessions in it. All tables are locked first, as weakly as reading does, and held:
 * TRUNCATE and rewriting ALTER TABLEs are not subject to snapshots, and one that commits between the snapshot and the
 * reading of its table would leave it empty for both (PostgreSQL documentation, "Caveats" of MVCC).
 */
export async function openSnapshot(
  endpoint: Endpoint,
  count: number,
  options: SessionOptions,
): Promise<Snapshot> {
  const sessions = await openSessions(endpoint, count, options);
  try {
    const id = await exportLocked(sessions.first, options.failure);
    for (const session of sessions.others) {
      await session.query(beginRead);
      await session.query(`set transaction snapshot ${literal(id)}`);
    }
    return new Snapshot(id, sessions);
  } catch (error) {
    await sessions[Symbol.asyncDispose]();
    throw error;
  }
}

async function exportLocked(session: Session, failure: SessionOptions["failure"]): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await listDataTables(session);
    await session.query(beginRead);
    try {
      // LOCK takes no snapshot; the first query after it does.
      if (before.length > 0) {
        const names = before.map((table) => `only ${ident(table.schema, table.name)}`).join(", ");
        await session.query(`lock table ${names} in access share mode`);
      }
      const { id } = await session.one<{ id: string }>("select pg_catalog.pg_export_snapshot() as id");
      if (sameTables(before, await listDataTables(session))) return id;
    } catch (error) {
      if (!passes.has(sqlStateOf(error) ?? "") || attempt === attempts) throw error;
    }
    await session.query("rollback");
    if (attempt === attempts) {
      throw new OpsError(
        failure,
        "SCHEMA_CHANGING",
        `${session.endpoint.system}: tables are being created or dropped all the time.`,
        {
          hint: "Wait until the migration has ended, then sync again.",
        },
      );
    }
  }
}

/** A table went away before it was locked, or two waited for each other. */
const passes = new Set<string>([sqlState.undefinedTable, sqlState.deadlockDetected]);

function sameTables(before: readonly DataTable[], after: readonly DataTable[]): boolean {
  const names = new Set(before.map(({ identity }) => identity));
  return before.length === after.length && after.every(({ identity }) => names.has(identity));
}
