/** A connection to a database in a known state: its statements, probes of a server that does not answer, and errors that name the side. */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type pg from "pg";
import { watch } from "../async/watch.ts";
import type { Environment } from "../config/env.ts";
import { readNumber } from "../config/numbers.ts";
import { defaultStallLimit, readStallLimit } from "../config/stall-limit.ts";
import { connectionStalled, queryFailed, type Side } from "../errors.ts";
import { messageOf, type OpsError } from "../ops-error.ts";
import { areWaiting, type Backends } from "./backends.ts";
import { CopyIn } from "./copy-in.ts";
import { describeEndpoint, type Endpoint } from "./endpoint.ts";
import { Loan } from "./loan.ts";
import { closeConnection, openConnection, type ConnectionOptions } from "./open-connection.ts";
import { sessionSettings } from "./pinned-settings.ts";
import { sqlStateOf } from "./sql-state.ts";

export interface SessionOptions extends ConnectionOptions {
  /** Milliseconds without an answer after which a new connection probes whether the server still works. Default 3 min. */
  stallLimit?: number;
}

/** Options of a session that a command opens: PGCONNECT_TIMEOUT limits each attempt. */
export function sessionOptions(
  failure: Side,
  environment: Environment,
  signal?: AbortSignal,
): SessionOptions & { attemptTimeout: number; stallLimit: number } {
  return {
    failure,
    attemptTimeout: readNumber(environment, "PGCONNECT_TIMEOUT") * 1000,
    stallLimit: readStallLimit(environment),
    ...(signal === undefined ? {} : { signal }),
  };
}

/**
 * Milliseconds of silence after which a server ends a session that holds a lock. TCP keepalives are not enough: a proxy may answer them
 * after the process of the session has ended.
 */
const abandonedAfter = 60_000;

export class Session implements AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly #client: pg.Client;
  readonly #socket: Socket;
  readonly #options: SessionOptions;
  readonly #hurried = new AbortController();
  /** Statements that have no answer yet, and exclusive uses of the connection that have not ended. */
  readonly #running = new Set<Promise<unknown>>();
  /** Settles when the last exclusive use of the connection has ended. */
  #free: Promise<unknown> = Promise.resolve();
  #heartbeat: NodeJS.Timeout | undefined;
  /** Milliseconds of silence after which the server ends the session; undefined if it never does. */
  #abandoned: number | undefined;
  #lost: Error | undefined;
  #stalled: OpsError | undefined;

  constructor(client: pg.Client, socket: Socket, endpoint: Endpoint, options: SessionOptions) {
    this.endpoint = endpoint;
    this.#client = client;
    this.#socket = socket;
    this.#options = options;
    // Without a listener a connection that drops while idle would end the process.
    client.on("error", (error) => {
      this.#lost = error;
    });
  }

  /**
   * Runs one statement, after those that were given before, and returns its rows. A statement does not wait for the answers to earlier ones:
   * statements that are given at the same time take one round trip together.
   * @throws OpsError SOURCE_QUERY_FAILED or TARGET_QUERY_FAILED, with the server's error as `cause`; CONNECTION_STALLED
   */
  async query<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return await this.#tracked(this.#free.then(() => this.#run<Row>(sql, values)));
  }

  /** Runs `work` when all earlier statements have their answers. Later statements wait until it has ended. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const earlier = [...this.#running];
    const done = this.#free.then(() => Promise.allSettled(earlier)).then(work);
    this.#free = done.catch(() => undefined);
    return await this.#tracked(done);
  }

  async #tracked<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    return await work.finally(() => this.#running.delete(work));
  }

  async #run<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      const result = await this.#watch(this.#client.query<Row>(sql, [...values]));
      return result.rows;
    } catch (cause) {
      throw this.#failed(cause, sql);
    }
  }

  #failed(cause: unknown, sql: string): OpsError {
    if (this.#stalled !== undefined) return this.#stalled;
    const system = this.endpoint.system;
    const state = sqlStateOf(cause);
    const cut = this.#lost === undefined ? undefined : `the connection was lost (${this.#lost.message})`;
    const reason = `${cut ?? messageOf(cause)}${state === undefined ? "" : ` (SQLSTATE ${state})`}`;
    const facts = { system, reason, endpoint: describeEndpoint(this.endpoint), statement: shorten(sql) };
    return queryFailed(this.#options.failure, facts, { cause });
  }

  /**
   * Runs several statements in one round trip: the server separates them by its own rules, and the first error ends them. Unless they hold
   * BEGIN and COMMIT, all of them take effect or none does.
   * @returns the number of statements
   * @throws OpsError as `query` does
   */
  async script(sql: string, onStatement: (done: number) => void = () => undefined): Promise<number> {
    return await this.#alone(async () => {
      let done = 0;
      const count = () => onStatement((done += 1));
      this.#client.connection.on("commandComplete", count);
      try {
        await this.#run(sql);
        return done;
      } finally {
        this.#client.connection.off("commandComplete", count);
      }
    });
  }

  /** The only row of a statement that always gives one. */
  async one<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row> {
    const [row] = await this.query<Row>(sql, values);
    if (row === undefined) throw new Error(`No row from: ${shorten(sql)}`);
    return row;
  }

  /** False after the connection was closed or cut. */
  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Whether a transaction is open after the last statement. A failed transaction is open as well. */
  get isInTransaction(): boolean {
    return this.#client.getTransactionStatus() !== "I";
  }

  /**
   * Lends the connection to another client, such as pg_restore. Statements of this session wait until the client gives it back. If the work
   * fails, the connection is closed.
   * @param use gets the connection as a stream of bytes between two statements, and must give it back between two statements
   */
  async lend<T>(use: (wire: Duplex) => Promise<T>): Promise<T> {
    return await this.#withoutPipeline(async () => {
      const loan = this.#client.query(new Loan());
      const result = await use(await loan.begun);
      loan.end();
      await this.#watch(loan.ended);
      return result;
    });
  }

  /** As `lend`, to a client that does not give the connection back. The connection is closed when the work has ended. */
  async give<T>(use: (wire: Duplex) => Promise<T>): Promise<T> {
    return await this.#withoutPipeline(async () => {
      const result = await use(await this.#client.query(new Loan()).begun);
      this.#client.connection.end();
      return result;
    });
  }

  /**
   * Runs a COPY FROM STDIN. If it fails, the connection is closed, and the server keeps none of its rows.
   * @param feed sends the rows
   * @throws OpsError as `query` does
   */
  async copyIn(sql: string, feed: (rows: CopyIn) => Promise<void>): Promise<void> {
    await this.#withoutPipeline(async () => {
      const copy = this.#client.query(new CopyIn(sql));
      let isComplete = false;
      const work = async () => {
        await copy.begun;
        await Promise.race([feed(copy), copy.ended]);
        isComplete = true;
        copy.finish();
        await copy.ended;
      };
      try {
        await this.#watch(work(), {
          progress: () => copy.bytes,
          // Without bytes to send, the server waits for this process until all rows are sent.
          isOurs: () => !isComplete && !copy.isSending,
        });
      } catch (cause) {
        throw this.#failed(cause, sql);
      }
    });
  }

  /** For work that is no statement. If it fails, the connection may be in the middle of a message, so it is closed. */
  async #withoutPipeline<T>(work: () => Promise<T>): Promise<T> {
    return await this.#alone(async () => {
      const client: { pipeline: boolean } = this.#client;
      try {
        // In this mode, the client accepts statements only.
        client.pipeline = false;
        return await work();
      } catch (error) {
        this.#socket.destroy();
        throw error;
      } finally {
        client.pipeline = true;
      }
    });
  }

  /** Sets the pinned settings again, after a program has changed them. */
  async pinSettings(): Promise<void> {
    // A server rejects a setting that it does not know, so the query asks pg_settings which ones exist.
    await this.query(
      `select pg_catalog.set_config(s.name, v.value, false)
         from pg_catalog.json_each_text($1::json) as v(key, value)
         join pg_catalog.pg_settings s on s.name = v.key`,
      [JSON.stringify(sessionSettings)],
    );
    if (this.#abandoned !== undefined) await this.#endIdle(this.#abandoned);
  }

  async #endIdle(limit: number): Promise<void> {
    await this.query(
      `set idle_session_timeout = ${limit}; set idle_in_transaction_session_timeout = ${limit}`,
    );
  }

  /** From now on, a statement without an answer is probed within seconds, as after an interruption. For a clean-up. */
  hurry(): void {
    this.#hurried.abort();
  }

  /** From now on, the server ends the session a minute after it last heard from this process. For a session that holds a lock. */
  async endWhenAbandoned(): Promise<void> {
    if (this.#heartbeat !== undefined) return;
    const limit = Math.min(abandonedAfter, 2 * (this.#options.stallLimit ?? defaultStallLimit));
    this.#abandoned = limit;
    await this.#endIdle(limit);
    const ping = () => {
      // If this fails, the next statement of a caller reports it.
      if (this.#running.size === 0 && this.#lost === undefined) {
        void this.query("select 1").catch(() => undefined);
      }
    };
    this.#heartbeat = setInterval(ping, limit / 4).unref();
  }

  /** Ends a statement whose answer will never arrive. */
  async #watch<T>(
    statement: Promise<T>,
    { progress = () => 0, isOurs = () => false }: { progress?: () => number; isOurs?: () => boolean } = {},
  ): Promise<T> {
    const { outlivesSignal, signal, stallLimit = defaultStallLimit } = this.#options;
    if (stallLimit === Infinity) return await statement;
    const pid = "processID" in this.#client ? Number(this.#client.processID) : 0;
    const watched = {
      limit: stallLimit,
      probeTime: probeTime(this.#options),
      interruption:
        outlivesSignal === undefined || signal === undefined
          ? this.#hurried.signal
          : AbortSignal.any([this.#hurried.signal, signal]),
      progress: () => this.#socket.bytesRead + progress(),
      probe: async (milliseconds: number, stop: AbortSignal) =>
        isOurs() ? undefined : await probeServer(this.endpoint, this.#options, { pid }, milliseconds, stop),
    };
    return await watch(statement, watched, (reason, seconds) => {
      this.#stalled = stalled(this.endpoint, this.#options.failure, { reason, seconds });
      this.#socket.destroy();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heartbeat);
    await closeConnection(this.#client, this.#socket);
  }
}

/** The error of work that can never end, as a probe has found. */
export function stalled(
  endpoint: Endpoint,
  side: Side,
  found: { reason: string; seconds: number },
): OpsError {
  const { address, system } = endpoint;
  const via = address === undefined ? undefined : `${address.host}:${address.port}`;
  return connectionStalled({ side, name: `${system} (${describeEndpoint(endpoint)})`, via, ...found });
}

/** Milliseconds that a probe may take before an interruption. */
export function probeTime({
  attemptTimeout = 15_000,
  stallLimit = defaultStallLimit,
}: Pick<SessionOptions, "attemptTimeout" | "stallLimit">): number {
  return Math.min(attemptTimeout, stallLimit);
}

/**
 * Finds out, over a new connection, whether a server still works for other sessions of this run.
 * @returns why it does not; undefined if it does, or if it refuses the new connection, which shows that it answers
 */
export async function probeServer(
  endpoint: Endpoint,
  { failure }: Pick<SessionOptions, "failure">,
  backends: Backends,
  milliseconds: number,
  stop: AbortSignal,
): Promise<string | undefined> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(milliseconds)]);
  const patience = { attemptTimeout: milliseconds, deadline: milliseconds, stallLimit: Infinity };
  try {
    await using session = await openSession(endpoint, { failure, signal, ...patience });
    const areIdle = await areWaiting(session, backends, milliseconds / 4, signal);
    return areIdle ? "the server is waiting for data of this connection" : undefined;
  } catch (error) {
    return sqlStateOf(error) === undefined ? "a new connection does not get an answer" : undefined;
  }
}

function shorten(sql: string): string {
  const line = sql.replaceAll(/\s+/g, " ").trim();
  return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}

/**
 * Connects as `openConnection` does, and puts the session into its known state.
 * @throws OpsError as `openConnection` does
 */
export async function openSession(endpoint: Endpoint, options: SessionOptions): Promise<Session> {
  return await openConnection(endpoint, options, async (client, socket) => {
    const session = new Session(client, socket, endpoint, options);
    await session.pinSettings();
    return session;
  });
}
