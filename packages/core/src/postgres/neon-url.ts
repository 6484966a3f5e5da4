/** Reads NEON_DATABASE_URL. Nothing of the URL is repeated in an error, since a malformed one may show its password anywhere. */
import { isIP } from "node:net";
import { neonUrlMalformed, neonUrlMissing } from "../errors.ts";
import type { OpsError } from "../ops-error.ts";
import { authoritiesFromFile, publicAuthorities } from "./certificates.ts";
import { assertTlsMayBeDisabled, isLocalHost, type Endpoint, type Tls } from "./endpoint.ts";

const variable = "NEON_DATABASE_URL";
const example =
  "postgresql://user:password@ep-example-123456.us-east-2.aws.neon.tech/neondb?sslmode=verify-full";

/** libpq parameters that a URL may carry and that we honour; others are refused rather than lost. */
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

/** The direct host of a pooled one: pg_dump and session state do not work through Neon's pooler. */
export function directHost(host: string): string {
  return host.replace(/^([^.]+)-pooler(?=\.)/, "$1");
}

/**
 * The endpoint of a Neon connection URL.
 * @throws OpsError NEON_URL_MISSING, NEON_URL_MALFORMED, TLS_REQUIRED or CA_FILE_UNREADABLE (configuration).
 */
export function parseNeonUrl(value: string | undefined): Endpoint {
  if (value === undefined || value.trim() === "") {
    throw neonUrlMissing({ example });
  }
  const url = parseUrl(value.trim());
  const parameters = url.searchParams;
  const unknown = [...parameters.keys()].filter((key) => !knownParameters.has(key));
  if (unknown.length > 0) throw malformed(`it has parameters that are not supported: ${unknown.join(", ")}`);

  const pooledHost = parameters.get("host") ?? decode(url.hostname, "host name");
  const user = parameters.get("user") ?? decode(url.username, "user name");
  const password = parameters.get("password") ?? decode(url.password, "password");
  const database = parameters.get("dbname") ?? decode(pathOf(value.trim()), "database name");
  if (pooledHost === "") throw malformed("it has no host");
  if (user === "") throw malformed("it has no user name");
  if (database === "") throw malformed("it has no database name");
  if (/[\n\r\0]/.test(password)) {
    throw malformed("its password has a line break, which a pass file cannot hold");
  }
  if (password === "" && !isLocalHost(pooledHost)) throw malformed("it has no password");
  if (parameters.has("options") && !/^endpoint=[\w-]+$/.test(parameters.get("options") ?? "")) {
    throw malformed("its `options` are not `endpoint=<id>`");
  }

  const port = portOf(parameters.get("port") ?? (url.port === "" ? "5432" : url.port));
  const hostaddr = parameters.get("hostaddr");
  if (hostaddr !== null && isIP(hostaddr) === 0) throw malformed("its hostaddr is not an IP address");
  const host = directHost(pooledHost);
  const notes: string[] = [];
  if (host !== pooledHost) notes.push(`direct host of ${pooledHost}`);
  const tls = tlsOf(parameters, hostaddr ?? host);
  if (tls.mode === "disable") notes.push("WITHOUT TLS");
  const channelBinding = channelBindingOf(parameters.get("channel_binding"));
  return {
    system: "neon",
    host,
    port,
    ...(hostaddr === null ? {} : { address: { host: hostaddr, port } }),
    database,
    user,
    password,
    tls,
    ...(channelBinding === undefined ? {} : { channelBinding }),
    notes,
  };
}

function parseUrl(value: string): URL {
  if (!/^postgres(ql)?:\/\//.test(value)) throw malformed("it does not start with postgresql://");
  // `postgresql:` is no special scheme to the URL standard, so hosts would not be checked: parse it as `http:`.
  // And `+` stands for itself, as libpq has it, where URLSearchParams would read a space.
  const http = value
    .replace(/^postgres(ql)?:/, "http:")
    .replace(/\?.*$/s, (query) => query.replaceAll("+", "%2B"));
  const url = URL.canParse(http) ? new URL(http) : undefined;
  if (url === undefined) {
    throw malformed("its parts cannot be told apart: percent-encode special characters of user and password");
  }
  if (url.hash !== "") throw malformed("it has a # in it: write it as %23");
  return url;
}

/** What follows the host, as it was written: the URL standard takes a database named `.` for a step in a path, and drops it. */
function pathOf(value: string): string {
  return /^\w+:\/\/[^/?#]*\/([^?#]*)/.exec(value)?.[1] ?? "";
}

function decode(part: string, name: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw malformed(`its ${name} has a % that is no percent-encoding: write it as %25`);
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw malformed("its port is no number from 1 to 65535");
  }
  return port;
}

/** Everything but `disable` is verified fully: `require`, `prefer` and nothing at all included. */
function tlsOf(parameters: URLSearchParams, connectHost: string): Tls {
  const mode = parameters.get("sslmode");
  if (mode === "disable" || (mode === null && connectHost.startsWith("/"))) {
    assertTlsMayBeDisabled(`${variable} (sslmode=disable)`, connectHost);
    return { mode: "disable" };
  }
  if (mode !== null && !["allow", "prefer", "require", "verify-ca", "verify-full"].includes(mode)) {
    throw malformed("its sslmode is none of libpq's modes");
  }
  const file = parameters.get("sslrootcert");
  return file === null || file === "system" ? publicAuthorities() : authoritiesFromFile(variable, file);
}

function channelBindingOf(value: string | null): Endpoint["channelBinding"] {
  if (value === null) return undefined;
  if (value === "disable" || value === "prefer" || value === "require") return value;
  throw malformed("its channel_binding is none of disable, prefer, require");
}

function malformed(problem: string): OpsError {
  return neonUrlMalformed({ problem, example });
}
