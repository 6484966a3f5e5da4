/** Opens a connection to a database, with a deadline and retries: a Neon compute that sleeps needs some seconds to wake up. */
import { isIP, Socket } from "node:net";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { delayed, grace } from "../async/grace.ts";
import type { Side } from "../errors.ts";
import { connectError, isLikelyFinal, isRetryable } from "./connect-errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { sqlStateOf } from "./sql-state.ts";

export interface ConnectionOptions {
  /** The side of the sync, which decides the exit code of every error of this session. */
  failure: Side;
  /** Milliseconds one attempt may take. Default 15 s. */
  attemptTimeout?: number;
  /** Milliseconds all attempts may take: a Neon compute that sleeps needs some seconds to wake up. Default 30 s. */
  deadline?: number;
  /** Called once while attempts to connect fail, with the reason of the first one. */
  onWaiting?: (reason: string) => void;
  /** Ends attempts to connect, and the session together with its running statement. */
  signal?: AbortSignal;
  /**
   * What continues after the signal, because the clean-up needs it: an open session, or the attempts to connect as well. Both end seconds
   * after the signal if the server does not answer.
   */
  outlivesSignal?: "open" | "opening";
}

/**
 * Connects, and tries again while the server is waking up or unreachable.
 * @param prepare the first work on the connection. If it fails, the connection is closed, and the attempt counts as failed.
 * @throws OpsError of class `options.failure`: WRONG_PASSWORD, DATABASE_MISSING, NOT_ACCEPTING, CERTIFICATE_INVALID,
 *   TLS_UNSUPPORTED, HOST_UNKNOWN, UNREACHABLE, CONNECT_FAILED.
 */
export async function openConnection<T>(
  endpoint: Endpoint,
  options: ConnectionOptions,
  prepare: (client: pg.Client, socket: Socket) => Promise<T>,
): Promise<T> {
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
      const timeout = Math.min(attemptTimeout, Math.max(remaining, 1000));
      return await attemptOnce(endpoint, { signal, timeout, outlivesSignal }, prepare);
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
function tlsOptions({ host, tls }: Endpoint): false | TlsOptions {
  if (tls.mode === "disable") return false;
  return { ca: tls.ca, host, ...(isIP(host) === 0 ? { servername: host } : {}) };
}

interface Attempt {
  signal: AbortSignal | undefined;
  /** Milliseconds. */
  timeout: number;
  outlivesSignal: ConnectionOptions["outlivesSignal"];
}

async function attemptOnce<T>(
  endpoint: Endpoint,
  { signal, timeout, outlivesSignal }: Attempt,
  prepare: (client: pg.Client, socket: Socket) => Promise<T>,
): Promise<T> {
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
    if (outlivesSignal !== undefined) signal?.removeEventListener("abort", cut);
    return await prepare(client, socket);
  } catch (error) {
    await closeConnection(client, socket);
    throw error;
  }
}

/** Ends a connection. The server may never close its end. */
export async function closeConnection(client: pg.Client, socket: Socket): Promise<void> {
  const timer = setTimeout(() => socket.destroy(), grace.closing);
  await client.end().catch(() => undefined);
  clearTimeout(timer);
}
