/**
 * Several sessions at once, and several that all see one exported snapshot: pg_dump and the fingerprints are made from
 * the same moment, however busy the source is.
 */
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { literal } from "@pilot-light/core/postgres/identifiers";
import { openSession, type Session, type SessionOptions } from "@pilot-light/core/postgres/session";
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

/** Exports a snapshot and opens `count` sessions in it. */
export async function openSnapshot(
  endpoint: Endpoint,
  count: number,
  options: SessionOptions,
): Promise<Snapshot> {
  const sessions = await openSessions(endpoint, count, options);
  try {
    await sessions.first.query(beginRead);
    const { id } = await sessions.first.one<{ id: string }>("select pg_catalog.pg_export_snapshot() as id");
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
