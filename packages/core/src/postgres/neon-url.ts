/** Reads NEON_DATABASE_URL. No error repeats any part of the URL: in a malformed URL the password can be anywhere. */
import { isIP } from "node:net";
import { readVariable, type Environment } from "../config/env.ts";
import { neonUrlMalformed, neonUrlMissing } from "../errors.ts";
import type { OpsError } from "../ops-error.ts";
import { authoritiesFromFile, publicAuthorities } from "./certificates.ts";
import { assertTlsMayBeDisabled, isLocalHost, type Endpoint, type Tls } from "./endpoint.ts";

const variable = "NEON_DATABASE_URL";
const example =
  "postgresql://user:password@ep-example-123456.us-east-2.aws.neon.tech/neondb?sslmode=verify-full";

/** libpq parameters that have an effect here, or whose values are checked. */
const knownParameters = new Set([
  "sslmode",
  "sslrootcert",
  "channel_binding",
  "hostaddr",
  "host",
  "port",
  "user",
  "password",
  "dbname",
  "application_name",
  "connect_timeout",
  "sslnegotiation",
  "options",
]);

/**
 * Parameters of drivers and ORMs that a sync does not need, or that every session sets itself. They are ignored, and the plan names them.
 * Prisma (https://www.prisma.io/docs/orm/overview/databases/postgresql), node-postgres, postgres.js, psycopg, JDBC
 * (https://jdbc.postgresql.org/documentation/use/), Npgsql, libpq's connection health.
 */
const ignoredParameters = new Set([
  ...[
    "schema",
    "pgbouncer",
    "connection_limit",
    "pool_timeout",
    "socket_timeout",
    "statement_cache_size",
    "sslaccept",
  ],
  ...[
    "ssl",
    "uselibpqcompat",
    "max",
    "min",
    "idle_timeout",
    "max_lifetime",
    "connectiontimeoutmillis",
    "workaround",
  ],
  ...["statement_timeout", "query_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "prepare"],
  ...[
    "fallback_application_name",
    "client_encoding",
    "target_session_attrs",
    "load_balance_hosts",
    "gssencmode",
  ],
  ...[
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "sslsni",
  ],
  ...[
    "pool_size",
    "pool_max_conns",
    "max_overflow",
    "default_query_exec_mode",
    "prepared_statements",
    "pool_mode",
  ],
  ...["currentschema", "rewritebatchedinserts", "preparethreshold", "applicationname", "logintimeout"],
  ...[
    "connecttimeout",
    "sockettimeout",
    "tcpkeepalive",
    "binarytransfer",
    "stringtype",
    "sslfactory",
    "pooling",
  ],
]);

/** The direct host of a pooled one: pg_dump and session state do not work through Neon's pooler. */
export function directHost(host: string): string {
  return host.replace(/^([^.]+)-pooler(?=\.)/, "$1");
}

/**
 * Reads the Neon database of NEON_DATABASE_URL, and hides its password from everything that is printed.
 * @param redactor of the command's printer
 * @throws OpsError as `parseNeonUrl` does
 */
export function readNeon(environment: Environment, redactor: { add(secret: string): void }): Endpoint {
  const endpoint = parseNeonUrl(readVariable(environment, "NEON_DATABASE_URL"));
  redactor.add(endpoint.password);
  return endpoint;
}

/**
 * The endpoint of a Neon connection URL. Commands use `readNeon`, which hides the password as well.
 * @throws OpsError NEON_URL_MISSING, NEON_URL_MALFORMED, TLS_REQUIRED or CA_FILE_UNREADABLE (configuration).
 */
export function parseNeonUrl(value: string | undefined): Endpoint {
  if (value === undefined || value.trim() === "") {
    throw neonUrlMissing({ example });
  }
  const url = parseUrl(value.trim());
  const parameters = url.searchParams;
  const ignored = [...ignoredOf(parameters), ...ignoredOptions(parameters.get("options") ?? "")];

  const pooledHost = parameters.get("host") ?? decode(url.hostname, "host name");
  const user = parameters.get("user") ?? decode(url.username, "user name");
  const password = parameters.get("password") ?? decode(url.password, "password");
  const database = parameters.get("dbname") ?? decode(pathOf(value.trim()), "database name");
  if (pooledHost === "") throw malformed("it has no host");
  if (user === "") throw malformed("it has no user name");
  if (database === "") throw malformed("it has no database name");
  if (/[\n\r\0]/.test(password)) {
    throw malformed("its password has a line break, which a libpq password file cannot hold");
  }
  if (password === "" && !isLocalHost(pooledHost)) throw malformed("it has no password");

  const port = portOf(parameters.get("port") ?? (url.port === "" ? "5432" : url.port));
  const hostaddr = parameters.get("hostaddr");
  if (hostaddr !== null && isIP(hostaddr) === 0) throw malformed("its hostaddr is not an IP address");
  const host = directHost(pooledHost);
  const notes: string[] = [];
  if (host !== pooledHost) notes.push(`direct host of ${pooledHost}`);
  const tls = tlsOf(parameters, hostaddr ?? host);
  if (tls.mode === "disable") notes.push("WITHOUT TLS");
  if (ignored.length > 0) notes.push(`ignores ${ignored.join(", ")} of ${variable}`);
  const channelBinding = channelBindingOf(parameters.get("channel_binding"));
  return {
    system: "neon",
    host,
    port,
    ...(host === pooledHost ? {} : { pooledHost }),
    ...(hostaddr === null ? {} : { address: { host: hostaddr, port } }),
    database,
    user,
    password,
    tls,
    ...(channelBinding === undefined ? {} : { channelBinding }),
    notes,
  };
}

/** @throws OpsError NEON_URL_MALFORMED (configuration) */
function parseUrl(value: string): URL {
  if (/^\s*\w+\s*=/.test(value)) {
    throw malformed("it is a keyword/value string (host=... dbname=...), and must be a URL");
  }
  const [, rest] = /^(?:jdbc:)?postgres(?:ql)?:\/\/(.*)$/s.exec(value) ?? [];
  if (rest === undefined) throw malformed("it does not start with postgresql://");
  assertUnambiguous(rest);
  // The URL standard does not check the host of a `postgresql:` URL, but it does for `http:`.
  // libpq reads `+` as itself, URLSearchParams as a space.
  const http = `http://${rest}`.replace(/\?.*$/s, (query) => query.replaceAll("+", "%2B"));
  const url = URL.canParse(http) ? new URL(http) : undefined;
  if (url === undefined) throw malformed(ambiguous);
  if (url.hash !== "") throw malformed("it has a # in it: write it as %23");
  return url;
}

const ambiguous =
  "its parts are ambiguous: percent-encode the special characters of the user and the password";

/**
 * Refuses a URL that would be misread. If a password contains a raw `/`, `?`, `#` or `\`, a part of the password is read as the host, and
 * would be printed. In such a URL, the `@` before the real host is after the authority.
 */
function assertUnambiguous(rest: string): void {
  // eslint-disable-next-line no-control-regex -- the URL standard drops them, a password may hold them
  if (/[\u0000-\u001F\u007F]/.test(rest)) {
    throw malformed("it has a control character in it: percent-encode it");
  }
  const [, authority = "", path = "", query = ""] = /^([^/?#]*)([^?#]*)(\??[^#]*)/.exec(rest) ?? [];
  if (authority.includes("\\") || path.includes("@")) throw malformed(ambiguous);
  // A raw @ is possible in the value of these two only.
  if (query.replaceAll(/[?&](?:user|password)=[^&]*/g, "").includes("@")) throw malformed(ambiguous);
}

/**
 * The names of parameters that are ignored.
 * @throws OpsError NEON_URL_MALFORMED (configuration) for an unknown parameter. The error repeats only names that libpq knows: a
 *   password with a raw `?` ends in the query
 */
function ignoredOf(parameters: URLSearchParams): string[] {
  const names = [...parameters.keys()].filter((name) => !knownParameters.has(name));
  const ignored = names.filter((name) => ignoredParameters.has(name.toLowerCase()));
  const unknown = names.filter((name) => !ignored.includes(name));
  if (unknown.length === 0) return ignored;
  const named = unknown.filter((name) => unsupportedParameters.has(name));
  throw malformed(
    named.length === unknown.length
      ? `it has parameters that are not supported: ${named.join(", ")}. Remove them`
      : "it has parameters that are not supported. Keep only sslmode and channel_binding after the question mark",
  );
}

/** Parameters of libpq that would change how the connection is made, and that no code here supports. */
const unsupportedParameters = new Set([
  ...["sslcert", "sslkey", "sslpassword", "sslcrl", "sslcrldir", "sslcertmode", "ssl_min_protocol_version"],
  ...[
    "ssl_max_protocol_version",
    "require_auth",
    "requirepeer",
    "passfile",
    "service",
    "servicefile",
    "gsslib",
  ],
  ...["krbsrvname", "replication", "sslcompression"],
]);

/**
 * "options" if they hold settings, which every session sets itself. Neon does not need the endpoint: it reads the host name in the TLS
 * handshake. https://neon.com/docs/connect/connection-errors#the-endpoint-id-is-not-specified
 * @throws OpsError NEON_URL_MALFORMED (configuration) for any other option. A role or a read-only mode may be there for a reason
 */
function ignoredOptions(options: string): string[] {
  const words = options.replaceAll(/(^|\s)-c\s*/g, "$1--").split(/\s+/);
  const isNeeded = (word: string) =>
    word !== "" && !/^(?:endpoint|project)=[\w-]+$/.test(word) && !omittedSettings.has(settingOf(word));
  if (words.some(isNeeded)) {
    const known = [...omittedSettings].join(", ");
    throw malformed(`its \`options\` hold more than \`endpoint=<id>\` and settings like ${known}`);
  }
  return words.some((word) => settingOf(word) !== "") ? ["options"] : [];
}

/** The name in `--search_path=app`; "" if the word is no setting. */
function settingOf(word: string): string {
  const name = /^--([\w-]+)=/.exec(word)?.[1] ?? "";
  return name.replaceAll("-", "_").toLowerCase();
}

const omittedSettings = new Set([
  "search_path",
  "statement_timeout",
  "lock_timeout",
  "idle_in_transaction_session_timeout",
]);

/** The text after the host, as it was written: the URL standard takes a database named `.` for a step in the path and removes it. */
function pathOf(value: string): string {
  return /^[\w:]+:\/\/[^/?#]*\/([^?#]*)/.exec(value)?.[1] ?? "";
}

function decode(part: string, name: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw malformed(`its ${name} has a % that starts no percent-encoding: write it as %25`);
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw malformed("its port is not a number from 1 to 65535");
  }
  return port;
}

/** Every mode except `disable` verifies the certificate and the host name, even `require`, `prefer` and no mode. */
function tlsOf(parameters: URLSearchParams, connectHost: string): Tls {
  const mode = parameters.get("sslmode");
  if (mode === "disable" || (mode === null && connectHost.startsWith("/"))) {
    assertTlsMayBeDisabled(`${variable} (sslmode=disable)`, connectHost);
    return { mode: "disable" };
  }
  if (mode !== null && !["allow", "prefer", "require", "verify-ca", "verify-full"].includes(mode)) {
    throw malformed("its sslmode is not one of libpq's modes");
  }
  const file = parameters.get("sslrootcert");
  return file === null || file === "system" ? publicAuthorities() : authoritiesFromFile(variable, file);
}

function channelBindingOf(value: string | null): Endpoint["channelBinding"] {
  if (value === null) return undefined;
  if (value === "disable" || value === "prefer" || value === "require") return value;
  throw malformed("its channel_binding is not disable, prefer or require");
}

function malformed(problem: string): OpsError {
  return neonUrlMalformed({ problem, example });
}
