/** A connection to a database: opened with a deadline and retries, in a known state, with errors that name the side. */
import { isIP, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { delayed, grace } from "../async/grace.ts";
import { watch } from "../async/watch.ts";
import { readVariable, type Environment } from "../config/env.ts";
import { defaultStallLimit, readStallLimit } from "../config/stall-limit.ts";
import { connectionStalled, queryFailed, type Side } from "../errors.ts";
import { messageOf, type OpsError } from "../ops-error.ts";
import { areWaiting, type Backends } from "./backends.ts";
import { connectError, isLikelyFinal, isRetryable } from "./connect-errors.ts";
import { describeEndpoint, type Endpoint } from "./endpoint.ts";
import { sessionSettings } from "./pinned-settings.ts";
import { sqlStateOf } from "./sql-state.ts";

export interface SessionOptions {
  /** The side of the sync, which decides the exit code of every error of this session. */
  failure: Side;
  /** Milliseconds one attempt may take. Default 15 s. */
  attemptTimeout?: number;
  /** Milliseconds all attempts may take: a Neon compute that sleeps needs some seconds to wake up. Default 30 s. */
  deadline?: number;
  /** Called once while attempts to connect fail, with the reason of the first one. */
  onWaiting?: (reason: string) => void;
  /** Milliseconds without an answer after which a new connection probes whether the server still works. Default 3 min. */
  stallLimit?: number;
  /** Ends attempts to connect, and the session together with its running statement. */
  signal?: AbortSignal;
  /**
   * What continues after the signal, because the clean-up needs it: an open session, or the attempts to connect as well. Both end seconds
   * after the signal if the server does not answer.
   */
  outlivesSignal?: "open" | "opening";
}

/** Options of a session that a command opens: PGCONNECT_TIMEOUT limits each attempt. */
export function sessionOptions(
  failure: Side,
  environment: Environment,
  signal?: AbortSignal,
): SessionOptions & { attemptTimeout: number; stallLimit: number } {
  const seconds = Number(readVariable(environment, "PGCONNECT_TIMEOUT"));
  return {
    failure,
    attemptTimeout: (seconds > 0 ? seconds : 15) * 1000,
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
  /** Milliseconds of silence after which the server ends the session; undefined where it never does. */
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
      if (this.#stalled !== undefined) throw this.#stalled;
      const system = this.endpoint.system;
      const state = sqlStateOf(cause);
      const cut = this.#lost === undefined ? undefined : `the connection was lost (${this.#lost.message})`;
      const reason = `${cut ?? messageOf(cause)}${state === undefined ? "" : ` (SQLSTATE ${state})`}`;
      const facts = { system, reason, endpoint: describeEndpoint(this.endpoint), statement: shorten(sql) };
      throw queryFailed(this.#options.failure, facts, { cause });
    }
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

  /** Whether a transaction is open after the last statement. A failed transaction is open as well. */
  get isInTransaction(): boolean {
    return this.#client.getTransactionStatus() !== "I";
  }

  /**
   * Lends the connection to another client, such as pg_restore. Statements of this session wait until the client gives it back. If the work
   * fails, the connection may be in the middle of a message, so it is closed.
   * @param use gets the connection as a stream of bytes between two statements, and must give it back between two statements
   */
  async lend<T>(use: (wire: Duplex) => Promise<T>): Promise<T> {
    return await this.#alone(async () => {
      const loan = new Loan();
      const client: { pipeline: boolean } = this.#client;
      try {
        // In this mode, the client accepts statements only.
        client.pipeline = false;
        this.#client.query(loan);
        const result = await use(await loan.begun);
        loan.end();
        await this.#watch(loan.ended);
        return result;
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
      if (this.#running.size === 0 && this.#lost === undefined)
        void this.query("select 1").catch(() => undefined);
    };
    this.#heartbeat = setInterval(ping, limit / 4).unref();
  }

  /** Ends a statement whose answer will never arrive. */
  async #watch<T>(statement: Promise<T>): Promise<T> {
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
      progress: () => this.#socket.bytesRead,
      probe: (milliseconds: number, stop: AbortSignal) =>
        probeServer(this.endpoint, this.#options, { pid }, milliseconds, stop),
    };
    return await watch(statement, watched, (reason, seconds) => {
      this.#stalled = stalled(this.endpoint, this.#options.failure, { reason, seconds });
      this.#socket.destroy();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heartbeat);
    await close(this.#client, this.#socket);
  }
}

type Listener = (bytes: Buffer) => void;

/** A place in the queue of a client's statements, during which another client has the connection. */
class Loan implements pg.Submittable {
  readonly begun: Promise<Duplex>;
  readonly ended: Promise<void>;
  #begin: (wire: Duplex) => void = () => undefined;
  #end: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;
  #connection: pg.Connection | undefined;
  #listeners: Listener[] = [];

  constructor() {
    const failed = new Promise<never>((_, reject) => (this.#fail = reject));
    this.begun = Promise.race([new Promise<Duplex>((resolve) => (this.#begin = resolve)), failed]);
    this.ended = Promise.race([new Promise<void>((resolve) => (this.#end = resolve)), failed]);
    // After one of these fails, nobody waits for the others.
    for (const each of [failed, this.begun, this.ended]) each.catch(() => undefined);
  }

  /** Called by the client when all earlier statements have their answer. */
  submit(connection: pg.Connection): void {
    this.#connection = connection;
    const { stream } = connection;
    this.#listeners = stream.listeners("data") as Listener[];
    stream.pause();
    stream.removeAllListeners("data");
    this.#begin(stream);
  }

  /** Gives the connection back. From the answer to its Sync message, the client learns that the server is ready. */
  end(): void {
    const { stream } = this.#connection ?? {};
    for (const listener of this.#listeners) stream?.on("data", listener);
    stream?.resume();
    this.#connection?.sync();
  }

  handleReadyForQuery(): void {
    this.#end();
  }

  handleError(error: Error): void {
    this.#fail(error);
  }
}

/** Ends a connection. The server may never close its end. */
async function close(client: pg.Client, socket: Socket): Promise<void> {
  const timer = setTimeout(() => socket.destroy(), grace.closing);
  await client.end().catch(() => undefined);
  clearTimeout(timer);
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
 * Connects, trying again while the server is waking up or unreachable, and puts the session into its known state.
 * @throws OpsError of class `options.failure`: WRONG_PASSWORD, DATABASE_MISSING, NOT_ACCEPTING, CERTIFICATE_INVALID,
 *   TLS_UNSUPPORTED, HOST_UNKNOWN, UNREACHABLE, CONNECT_FAILED.
 */
export async function openSession(endpoint: Endpoint, options: SessionOptions): Promise<Session> {
  const { attemptTimeout = 15_000, outlivesSignal } = options;
  const deadline = Date.now() + (options.deadline ?? 30_000);
  const isSignalled = () => options.signal?.aborted === true;
  // Attempts that outlive the signal end seconds after it.
  const signal =
    outlivesSignal === "opening" && options.signal !== undefined
      ? delayed(options.signal, grace.probe)
      : options.signal;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const remaining = deadline - Date.now();
    try {
      return await connectOnce(
        endpoint,
        options,
        signal,
        Math.min(attemptTimeout, Math.max(remaining, 1000)),
      );
    } catch (error) {
      if (outlivesSignal !== "opening") signal?.throwIfAborted();
      const pause = Math.min(250 * 2 ** attempt, 4000);
      const attemptsLeft = isLikelyFinal(error)
        ? attempt < 5
        : !(isSignalled() && sqlStateOf(error) === undefined);
      if (!isRetryable(error) || !attemptsLeft || Date.now() + pause > deadline) {
        throw connectError(error, endpoint, options.failure, attempt);
      }
      if (attempt === 2) options.onWaiting?.(connectError(error, endpoint, options.failure, attempt).message);
      await sleep(pause, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
  }
}

/**
 * Options for `tls.connect`, which checks the certificate against `servername`, or against `host` without one. An IP address
 * must not be sent as a server name (RFC 6066, section 3): Node prints the warning DEP0123 for it.
 */
function tlsOptions({ host, tls }: Endpoint): false | ConnectionOptions {
  if (tls.mode === "disable") return false;
  return { ca: tls.ca, host, ...(isIP(host) === 0 ? { servername: host } : {}) };
}

async function connectOnce(
  endpoint: Endpoint,
  options: SessionOptions,
  signal: AbortSignal | undefined,
  timeout: number,
): Promise<Session> {
  const socket = new Socket();
  const client = new pg.Client({
    stream: () => socket,
    host: endpoint.address?.host ?? endpoint.host,
    port: endpoint.address?.port ?? endpoint.port,
    database: endpoint.database,
    user: endpoint.user,
    password: endpoint.freshPassword ?? endpoint.password,
    ssl: tlsOptions(endpoint),
    application_name: "pilot-light",
    connectionTimeoutMillis: timeout,
    // Tunnels and load balancers close connections that are idle for some minutes, such as the one that holds the lock.
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    pipeline: true,
    enableChannelBinding: endpoint.channelBinding === "require" || endpoint.channelBinding === "prefer",
  });
  const cut = () => void socket.destroy();
  signal?.addEventListener("abort", cut, { once: true });
  client.once("end", () => signal?.removeEventListener("abort", cut));
  try {
    await client.connect();
    if (options.outlivesSignal !== undefined) signal?.removeEventListener("abort", cut);
    const session = new Session(client, socket, endpoint, options);
    await session.pinSettings();
    return session;
  } catch (error) {
    await close(client, socket);
    throw error;
  }
}
