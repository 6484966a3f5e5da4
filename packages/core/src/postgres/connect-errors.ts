/** What a failed attempt to connect means: whether another attempt can succeed, and what a person should do. */
import {
  certificateInvalid,
  connectFailed,
  databaseMissing,
  hostUnknown,
  notAccepting,
  tlsUnsupported,
  unreachable,
  wrongPassword,
  type Side,
} from "../errors.ts";
import { OpsError, messageOf } from "../ops-error.ts";
import { describeEndpoint, type Endpoint } from "./endpoint.ts";
import { ident } from "./identifiers.ts";
import { sqlState, sqlStateOf } from "./sql-state.ts";

/** Errors of a socket, by Node's code. */
function nodeCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** Nothing listens at the address, or its name does not resolve. Another attempt is not likely to succeed before the deadline. */
export function isLikelyFinal(error: unknown): boolean {
  const code = nodeCode(error);
  return code === "ECONNREFUSED" || code === "EAI_AGAIN";
}

function isTimeout(error: unknown): boolean {
  // node-postgres gives its own connect timeout no code.
  return error instanceof Error && error.message.startsWith("timeout expired");
}

const retryableNodeCodes = new Set(["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EAI_AGAIN", "EPIPE"]);
const retryableStates = new Set<string>([
  sqlState.cannotConnectNow,
  sqlState.tooManyConnections,
  "08006",
  "08001",
  "57P01",
]);

/**
 * Errors of Neon's proxy that end by themselves: the compute wakes up, or the control plane is busy. The proxy gives all of its own errors
 * the code XX000, so only their texts differ ("either preserve the error code from postgres, or assign error codes to proxy errors" is a
 * task in its source).
 * https://github.com/neondatabase/neon/blob/main/proxy/src/stream.rs, compute/mod.rs, control_plane/errors.rs, auth/mod.rs
 */
const wakingReasons = [
  "Couldn't connect to compute node",
  "Failed to acquire permit to connect to the database",
  "Too many connections attempts",
  "Too many connections to this endpoint",
] as const;

/** The answer of the control plane without a reason. If the state is final, such as a disabled compute, the answer ends with a reason. */
const controlPlaneFailed = /^Control plane request failed(?:: endpoint is temporarily unavailable.*)?$/;

function isWaking(error: unknown): boolean {
  const text = messageOf(error);
  return wakingReasons.some((reason) => text.startsWith(reason)) || controlPlaneFailed.test(text);
}

/** When Neon's proxy rejects a password, its error lacks the code that PostgreSQL uses. */
function isRejectedByProxy(error: unknown): boolean {
  return messageOf(error).startsWith("password authentication failed for user");
}

/** True for a failure that ends by itself: a compute that wakes up, a server that restarts, a short network failure. */
export function isRetryable(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state === sqlState.internalError) return isWaking(error);
  if (state !== undefined) return retryableStates.has(state);
  const code = nodeCode(error);
  return isTimeout(error) || (code !== undefined && retryableNodeCodes.has(code)) || isDropped(error);
}

/** The server closed the connection without a message, as proxies do while a compute starts. */
function isDropped(error: unknown): boolean {
  return error instanceof Error && error.message === "Connection terminated unexpectedly";
}

/** The error of the last attempt to connect to one side of a sync. */
export function connectError(error: unknown, endpoint: Endpoint, side: Side, attempts: number): OpsError {
  if (error instanceof OpsError) return error;
  const { address, database, host, pooledHost, system, tls, user } = endpoint;
  const isNeon = system === "neon";
  const options = { cause: error };
  const code = nodeCode(error) ?? "";
  const base = {
    side,
    name: `${system} (${describeEndpoint(endpoint)})`,
    reason: messageOf(error) || code,
    setting: isNeon ? "NEON_DATABASE_URL" : "the RDS secret (output database_secret_arn)",
  };
  const sent = sqlStateOf(error);
  const isProxy = sent === sqlState.internalError && isRejectedByProxy(error);
  const state = isProxy ? sqlState.invalidPassword : sent;
  switch (state) {
    case sqlState.invalidPassword:
    case sqlState.invalidAuthorization:
      return wrongPassword({ ...base, user }, options);
    case sqlState.databaseMissing: {
      const setting = isNeon ? "NEON_DATABASE_URL" : "the output database_name";
      return databaseMissing({ ...base, setting, database, system }, options);
    }
    case sqlState.notAcceptingConnections:
      return notAccepting({ ...base, system, quotedDatabase: ident(database) }, options);
    case undefined:
      break;
    default:
      return connectFailed({ ...base, sqlState: state }, options);
  }
  if (code.startsWith("ERR_TLS") || /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER/.test(code)) {
    const authorities = tls.mode === "verify-full" ? tls.caSource : "";
    const setting = isNeon ? "sslrootcert in NEON_DATABASE_URL" : "RDS_SSLROOTCERT";
    return certificateInvalid({ ...base, setting, host, authorities }, options);
  }
  if (messageOf(error).includes("does not support SSL")) {
    const setting = isNeon ? "add sslmode=disable to NEON_DATABASE_URL" : "set RDS_SSLMODE=disable";
    return tlsUnsupported({ ...base, setting }, options);
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    const setting = isNeon ? "NEON_DATABASE_URL" : "the output database_endpoint";
    return hostUnknown(
      { ...base, setting, pooledHost },
      { ...options, details: endpoint.route?.others ?? [] },
    );
  }
  const via = address === undefined ? "" : ` through ${address.host}:${address.port}`;
  const needsTunnel = system === "rds" && address === undefined;
  const details = needsTunnel ? (endpoint.route?.others ?? []) : [];
  return unreachable({ ...base, via, attempts, needsTunnel, host, pooledHost }, { ...options, details });
}
