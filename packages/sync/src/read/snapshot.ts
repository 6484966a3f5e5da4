/**
 * Opens several sessions at once, and sessions that all see one exported snapshot: pg_dump and the fingerprints read the same state, however
 * busy the source is.
 */
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { literal } from "@pilot-light/core/postgres/identifiers";
import { openSession, type Session, type SessionOptions } from "@pilot-light/core/postgres/session";
import { acquireAll, settleAll } from "@pilot-light/core/async/settle";
import type { Side } from "@pilot-light/core/errors";
import { sourceRewritten } from "../errors.ts";

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

/** Opens `count` sessions at the same time, all or none. */
export async function openSessions(
  endpoint: Endpoint,
  count: number,
  options: SessionOptions,
): Promise<Sessions> {
  const [first, ...others] = await openMore(endpoint, count, options);
  if (first === undefined) throw new Error("A group of sessions has at least one.");
  return new Sessions(first, others);
}

/** Opens further sessions at the same time, all or none. */
export async function openMore(
  endpoint: Endpoint,
  count: number,
  options: SessionOptions,
): Promise<readonly Session[]> {
  return await acquireAll(Array.from({ length: count }, () => openSession(endpoint, options)));
}

/** Sessions that see one snapshot, which exists as long as the sessions do, and one session that sees the present. */
export class Snapshot implements AsyncDisposable {
  /** The identifier for `pg_dump --snapshot`. */
  readonly id: string;
  /** Sees the present state of the database. It is in no transaction, so its locks end with each statement. */
  readonly outside: Session;
  readonly #sessions: Sessions;
  /** File on disk and columns of each table, as the snapshot's catalog states them, by identity. */
  readonly #files: ReadonlyMap<string, string>;

  constructor(id: string, sessions: Sessions, outside: Session, files: ReadonlyMap<string, string>) {
    this.id = id;
    this.outside = outside;
    this.#sessions = sessions;
    this.#files = files;
  }

  get first(): Session {
    return this.#sessions.first;
  }

  get sessions(): readonly Session[] {
    return this.#sessions.all;
  }

  /**
   * Checks, after everything was read, that the snapshot was valid. TRUNCATE and an ALTER TABLE that rewrites a table ignore snapshots, and
   * leave the table empty for its readers (PostgreSQL documentation, "Caveats" of MVCC). They give the table another file, which a session
   * outside of the snapshot sees in the catalog. Before pg_dump has its locks, a column may also be renamed or dropped, and another one may get
   * its name: pg_dump and the readers would then read the other column under the definition of the first.
   * @param isRead whether a table, by its identity, was read. Default: all were.
   * @throws OpsError SOURCE_REWRITTEN of the side's class
   */
  async assertNotRewritten(side: Side, isRead: (identity: string) => boolean = () => true): Promise<void> {
    const now = await readFiles(this.outside);
    const rewritten = [...this.#files]
      .filter(([identity, file]) => now.get(identity) !== file && isRead(identity))
      .map(([identity]) => identity);
    if (rewritten.length === 0) return;
    const { system } = this.first.endpoint;
    throw sourceRewritten({ side, system, tables: rewritten.slice(0, 20) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#sessions[Symbol.asyncDispose](), this.outside[Symbol.asyncDispose]()]);
  }
}

async function readFiles(session: Session): Promise<Map<string, string>> {
  const rows = await session.query<{ identity: string; file: string }>(
    `select pg_catalog.format('%I.%I', n.nspname, c.relname) as identity,
            pg_catalog.concat_ws('/', c.oid, c.relfilenode, (select pg_catalog.md5(pg_catalog.string_agg(a.attnum || ' ' || a.attname, ',' order by a.attnum))
              from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)) as file
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`,
  );
  return new Map(rows.map(({ identity, file }) => [identity, file]));
}

/** How a session begins to read: the snapshot that it joins, and whether the server may help it with parallel workers. */
function beginReading({ besideDump }: SnapshotUse, snapshot?: string): string {
  return [
    "begin isolation level repeatable read read only",
    // First, before the session reads anything.
    ...(snapshot === undefined ? [] : [`set transaction snapshot ${literal(snapshot)}`]),
    ...(besideDump ? ["set local max_parallel_workers_per_gather = 0"] : []),
  ].join("; ");
}

/** What else reads the database meanwhile. */
export interface SnapshotUse {
  /** Whether a dump runs meanwhile. It takes longer than these sessions, so each of them uses only one core and leaves the others to it. */
  besideDump: boolean;
}

/** Exports a snapshot and opens `count` sessions in it, and one outside of it. */
export async function openSnapshot(
  endpoint: Endpoint,
  count: number,
  options: SessionOptions,
  use: SnapshotUse = { besideDump: false },
): Promise<Snapshot> {
  const sessions = await openSessions(endpoint, count + 1, options);
  const outside = sessions.others.at(-1);
  if (outside === undefined) throw new Error("A snapshot needs a session outside of it.");
  const inside = new Sessions(sessions.first, sessions.others.slice(0, -1));
  try {
    const [, { id }, files] = await settleAll([
      sessions.first.query(beginReading(use)),
      sessions.first.one<{ id: string }>("select pg_catalog.pg_export_snapshot() as id"),
      readFiles(sessions.first),
    ]);
    const join = beginReading(use, id);
    await settleAll(inside.others.map((session) => session.query(join)));
    return new Snapshot(id, inside, outside, files);
  } catch (error) {
    await sessions[Symbol.asyncDispose]();
    throw error;
  }
}
