/** What a failed attempt to connect means: whether it is worth another one, and what a person should do. */
import { OpsError, messageOf, type FailureClass } from "../errors.ts";
import { describeEndpoint, type Endpoint } from "./endpoint.ts";
import { ident } from "./identifiers.ts";
import { sqlState, sqlStateOf } from "./sql-state.ts";

/** Errors of a socket, by Node's code. */
function nodeCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** Nothing listens there, or the name does not resolve: may pass, but not worth the whole deadline. */
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

/** True for what passes by itself: a compute that wakes up, a server that restarts, a network that stumbles. */
export function isRetryable(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== undefined) return retryableStates.has(state);
  const code = nodeCode(error);
  return isTimeout(error) || (code !== undefined && retryableNodeCodes.has(code)) || isDropped(error);
}

/** The server closed the connection without a word, as proxies do while a compute starts. */
function isDropped(error: unknown): boolean {
  return error instanceof Error && error.message === "Connection terminated unexpectedly";
}

/** The error of the last attempt, for people. `failure` is the side that could not be entered. */
export function connectError(
  error: unknown,
  endpoint: Endpoint,
  failure: Extract<FailureClass, "source" | "target">,
  attempts: number,
): OpsError {
  if (error instanceof OpsError) return error;
  const name = `${endpoint.system} (${describeEndpoint(endpoint)})`;
  const via =
    endpoint.address === undefined ? "" : ` through ${endpoint.address.host}:${endpoint.address.port}`;
  const make = (code: string, message: string, hint: string) =>
    new OpsError(failure, code, message, { hint, cause: error });
  const credentials =
    endpoint.system === "neon" ? "NEON_DATABASE_URL" : "the RDS secret (database_secret_arn)";
  switch (sqlStateOf(error)) {
    case sqlState.invalidPassword:
    case sqlState.invalidAuthorization:
      return make(
        "WRONG_PASSWORD",
        `${name} refuses the user ${endpoint.user}: ${messageOf(error)}`,
        `Check user and password in ${credentials}.`,
      );
    case sqlState.databaseMissing:
      return make(
        "DATABASE_MISSING",
        `${name}: there is no database "${endpoint.database}".`,
        `Check the database name in ${endpoint.system === "neon" ? "NEON_DATABASE_URL" : "the output database_name"}. If a sync was interrupted, it may have another name:  pnpm sync undo ${endpoint.system}  gives it back and goes no step further. Create nothing in its place.`,
      );
    case sqlState.notAcceptingConnections:
      return make(
        "NOT_ACCEPTING",
        `${name} does not accept connections: ${messageOf(error)}`,
        `If a sync was interrupted:  pnpm sync undo ${endpoint.system} --dry-run  says so, and without --dry-run opens it. If nobody closed it on purpose, open it from another database:  alter database ${ident(endpoint.database)} allow_connections true;`,
      );
    case undefined:
      break;
    default:
      return make(
        "CONNECT_FAILED",
        `${name}: ${messageOf(error)} (SQLSTATE ${sqlStateOf(error) ?? ""})`,
        `Check ${credentials}.`,
      );
  }
  const code = nodeCode(error) ?? "";
  if (code.startsWith("ERR_TLS") || /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER/.test(code)) {
    const authorities = endpoint.tls.mode === "verify-full" ? endpoint.tls.caSource : "";
    return make(
      "CERTIFICATE_INVALID",
      `${name}: the server's certificate is not valid for ${endpoint.host}: ${messageOf(error)}`,
      `It was checked against ${authorities}. Give another CA file by ${endpoint.system === "neon" ? "sslrootcert in NEON_DATABASE_URL" : "RDS_SSLROOTCERT"}.`,
    );
  }
  if (messageOf(error).includes("does not support SSL")) {
    return make(
      "TLS_UNSUPPORTED",
      `${name} does not speak TLS.`,
      `For a local server only: ${endpoint.system === "neon" ? "add sslmode=disable to NEON_DATABASE_URL" : "RDS_SSLMODE=disable"}.`,
    );
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return make(
      "HOST_UNKNOWN",
      `${name}: the host name does not resolve.`,
      `Check ${endpoint.system === "neon" ? "NEON_DATABASE_URL" : "the output database_endpoint"}.`,
    );
  }
  return make(
    "UNREACHABLE",
    `${name} cannot be reached${via}: ${messageOf(error) || code} (${attempts} attempts).`,
    endpoint.system === "rds" && endpoint.address === undefined
      ? "RDS is private: open a tunnel and set RDS_HOSTADDR=127.0.0.1:<local port>."
      : "Check that the address is right and that the server runs.",
  );
}
