/** A connection to a database: opened with a deadline and retries, in a known state, with errors that name the side. */
import { isIP, Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { readVariable, type Environment } from "../config/env.ts";
import { queryFailed, type Side } from "../errors.ts";
import { messageOf } from "../ops-error.ts";
import { connectError, isLikelyFinal, isRetryable } from "./connect-errors.ts";
import { describeEndpoint, type Endpoint } from "./endpoint.ts";
import { sqlStateOf } from "./sql-state.ts";

export interface SessionOptions {
  /** The side of the sync, which decides the exit code of every error of this session. */
  failure: Side;
  /** Milliseconds one attempt may take. Default 15 s. */
  attemptTimeout?: number;
  /** Milliseconds all attempts may take: a Neon compute that sleeps needs some seconds to wake up. Default 30 s. */
  deadline?: number;
  /** Ends attempts to connect, and the session together with its running statement. */
  signal?: AbortSignal;
  /** Keeps an open session when the signal is aborted: cleaning up needs it. */
  outlivesSignal?: boolean;
}

/** Options of a session that a command opens: PGCONNECT_TIMEOUT limits each attempt. */
export function sessionOptions(
  failure: Side,
  environment: Environment,
  signal?: AbortSignal,
): SessionOptions & { attemptTimeout: number } {
  const seconds = Number(readVariable(environment, "PGCONNECT_TIMEOUT"));
  return {
    failure,
    attemptTimeout: (seconds > 0 ? seconds : 15) * 1000,
    ...(signal === undefined ? {} : { signal }),
  };
}

/**
 * Settings of every session. Output formats are pinned because hashes are made of the text of values, and providers
 * differ in their defaults; timeouts are off because a snapshot must outlive them (Neon ends idle transactions after 5 min);
 * waiting for a lock has a limit, as another session may hold the lock forever. A server notices within seconds that its client
 * is gone, and stops hashing a large table.
 */
const settings: Readonly<Record<string, string>> = {
  statement_timeout: "0",
  lock_timeout: "60s",
  idle_in_transaction_session_timeout: "0",
  idle_session_timeout: "0",
  transaction_timeout: "0",
  client_connection_check_interval: "5s",
  default_transaction_read_only: "off",
  search_path: "",
  // Compiling a query on the catalogs takes seconds, running it milliseconds.
  jit: "off",
  row_security: "off",
  TimeZone: "UTC",
  DateStyle: "ISO, YMD",
  IntervalStyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "3",
  lc_monetary: "C",
  xmloption: "content",
  quote_all_identifiers: "off",
};

export class Session implements AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly #client: pg.Client;
  readonly #failure: SessionOptions["failure"];
  #lost: Error | undefined;

  constructor(client: pg.Client, endpoint: Endpoint, { failure }: SessionOptions) {
    this.endpoint = endpoint;
    this.#client = client;
    this.#failure = failure;
    // Without a listener a connection that drops while idle would end the process.
    client.on("error", (error) => {
      this.#lost = error;
    });
  }

  /**
   * Runs one statement and returns its rows.
   * @throws OpsError SOURCE_QUERY_FAILED or TARGET_QUERY_FAILED, with the server's error as `cause`.
   */
  async query<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      const result = await this.#client.query<Row>(sql, [...values]);
      return result.rows;
    } catch (cause) {
      const system = this.endpoint.system;
      const state = sqlStateOf(cause);
      const cut = this.#lost === undefined ? undefined : `the connection was lost (${this.#lost.message})`;
      const reason = `${cut ?? messageOf(cause)}${state === undefined ? "" : ` (SQLSTATE ${state})`}`;
      const facts = { system, reason, endpoint: describeEndpoint(this.endpoint), statement: shorten(sql) };
      throw queryFailed(this.#failure, facts, { cause });
    }
  }

  /** The only row of a statement that always gives one. */
  async one<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row> {
    const [row] = await this.query<Row>(sql, values);
    if (row === undefined) throw new Error(`No row from: ${shorten(sql)}`);
    return row;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => undefined);
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
  const deadline = Date.now() + (options.deadline ?? 30_000);
  for (let attempt = 1; ; attempt += 1) {
    options.signal?.throwIfAborted();
    const remaining = deadline - Date.now();
    try {
      return await connectOnce(
        endpoint,
        options,
        Math.min(options.attemptTimeout ?? 15_000, Math.max(remaining, 1000)),
      );
    } catch (error) {
      options.signal?.throwIfAborted();
      const pause = Math.min(250 * 2 ** attempt, 4000);
      const attemptsLeft = isLikelyFinal(error) ? attempt < 4 : true;
      if (!isRetryable(error) || !attemptsLeft || Date.now() + pause > deadline) {
        throw connectError(error, endpoint, options.failure, attempt);
      }
      await sleep(pause, undefined, options.signal === undefined ? {} : { signal: options.signal }).catch(
        () => undefined,
      );
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

async function connectOnce(endpoint: Endpoint, options: SessionOptions, timeout: number): Promise<Session> {
  const { outlivesSignal = false, signal } = options;
  const socket = new Socket();
  const client = new pg.Client({
    stream: () => socket,
    host: endpoint.address?.host ?? endpoint.host,
    port: endpoint.address?.port ?? endpoint.port,
    database: endpoint.database,
    user: endpoint.user,
    password: endpoint.password,
    ssl: tlsOptions(endpoint),
    application_name: "pilot-light",
    connectionTimeoutMillis: timeout,
    // Tunnels and load balancers drop connections that are idle for some minutes, as the one with the lock is.
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    enableChannelBinding: endpoint.channelBinding === "require" || endpoint.channelBinding === "prefer",
  });
  const cut = () => void socket.destroy();
  signal?.addEventListener("abort", cut, { once: true });
  client.once("end", () => signal?.removeEventListener("abort", cut));
  try {
    await client.connect();
    if (outlivesSignal) signal?.removeEventListener("abort", cut);
    const session = new Session(client, endpoint, options);
    // Not every server knows every setting, and none of those may be set elsewhere: ask pg_settings which there are.
    await session.query(
      `select pg_catalog.set_config(s.name, v.value, false)
         from pg_catalog.json_each_text($1::json) as v(key, value)
         join pg_catalog.pg_settings s on s.name = v.key`,
      [JSON.stringify(settings)],
    );
    return session;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}
