/** Where a Postgres database is and how to connect to it: resolved once, then used by `pg` and by libpq programs alike. */
import { isIP } from "node:net";
import { tlsRequired } from "../errors.ts";
import type { Route } from "./route.ts";

/** The two systems that run a database. */
export type DatabaseSystem = "neon" | "rds";

/**
 * How the connection is protected. One decision for both clients, because they read the same `sslmode` differently:
 * libpq's `require` checks nothing, node-postgres's `require` checks everything.
 */
export type Tls =
  | {
      mode: "verify-full";
      /** PEM certificates. */ ca: string;
      /** Where the certificates come from, for messages. */ caSource: string;
    }
  | { mode: "disable" };

/** A database that can be connected to. */
export interface Endpoint {
  system: DatabaseSystem;
  /** The real host name, which the certificate is checked against; or the directory of a socket. */
  host: string;
  port: number;
  /** Only for Neon: the pooled host in the URL. `host` is then the direct one. */
  pooledHost?: string;
  /** Address to connect to instead of `host` and `port`, such as a tunnel's. */
  address?: { host: string; port: number };
  /** Only for RDS, which is in a private network: how this machine connects, and why not in another way. */
  route?: Required<Pick<Route, "via" | "reason" | "others">> & Pick<Route, "endsAt">;
  database: string;
  user: string;
  password: string;
  /** Returns a new password for each connection, if a password is valid for minutes only. */
  freshPassword?: () => Promise<string>;
  tls: Tls;
  /** libpq's `channel_binding`. */
  channelBinding?: "disable" | "prefer" | "require";
  /** What a person should know about how this endpoint was resolved. */
  notes: readonly string[];
}

/** `database @ host:port`, without user and password. */
export function describeEndpoint(endpoint: Pick<Endpoint, "database" | "host" | "port">): string {
  return `${endpoint.database} @ ${endpoint.host}:${endpoint.port}`;
}

/** `database @ host:port` with the database replaced: the same server, another database. */
export function withDatabase(endpoint: Endpoint, database: string): Endpoint {
  return { ...endpoint, database };
}

/** True when `host` cannot be on the internet: loopback, private ranges, sockets, names without a public suffix. */
export function isLocalHost(host: string): boolean {
  if (host.startsWith("/")) return true;
  const bare = host.replace(/^\[|\]$/g, "").toLowerCase();
  if (isIP(bare) === 4) {
    return /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/.test(bare);
  }
  if (isIP(bare) === 6) return bare === "::1" || /^f[cd]/.test(bare) || bare.startsWith("fe80:");
  return !bare.includes(".") || /\.(localhost|local|internal|test)$/.test(bare);
}

/**
 * Checks that TLS is turned off for a local server only.
 * @throws OpsError TLS_REQUIRED when `disable` is asked for a host on the internet.
 */
export function assertTlsMayBeDisabled(variable: string, connectHost: string): void {
  if (isLocalHost(connectHost)) return;
  throw tlsRequired({ variable, host: connectHost });
}
