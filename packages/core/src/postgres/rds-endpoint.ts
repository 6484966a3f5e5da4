/** The RDS endpoint from the Terraform outputs, the secret, the route and the RDS_* variables. */
import { isIP } from "node:net";
import type { DatabaseSecret, Outputs } from "../contract.ts";
import { readVariable, type Environment } from "../config/env.ts";
import { noDatabase, outputsInvalid, rdsHostaddrInvalid, rdsSslmodeInvalid } from "../errors.ts";
import { authoritiesFromFile, rdsAuthorities } from "./certificates.ts";
import { assertTlsMayBeDisabled, type Endpoint, type Tls } from "./endpoint.ts";
import type { Route } from "./route.ts";

export type DatabaseOutputs = Pick<Outputs, "database_endpoint" | "database_port" | "database_name">;

/**
 * Host and port of the endpoint.
 * @throws OpsError NO_DATABASE (precondition) when the outputs name no database; OUTPUTS_INVALID (configuration)
 */
export function rdsPlace(outputs: DatabaseOutputs): { host: string; port: number } {
  if (outputs.database_endpoint === "" || outputs.database_name === "") {
    throw noDatabase();
  }
  const separator = outputs.database_endpoint.lastIndexOf(":");
  const host = outputs.database_endpoint.slice(0, separator);
  const port = Number(outputs.database_endpoint.slice(separator + 1));
  if (port !== outputs.database_port) {
    const problem = `The Terraform outputs contradict each other: database_endpoint has port ${port}, database_port is ${outputs.database_port}.`;
    throw outputsInvalid({ problem });
  }
  return { host, port };
}

/**
 * The RDS endpoint on a route, without user and password.
 * @throws OpsError as `rdsPlace`; RDS_SSLMODE_INVALID, TLS_REQUIRED, CA_FILE_UNREADABLE (configuration)
 */
export async function resolveRds(
  outputs: DatabaseOutputs,
  environment: Environment,
  route: Route,
): Promise<Omit<Endpoint, "user" | "password">> {
  const { host, port } = rdsPlace(outputs);
  const { via, reason, address, endsAt, others = [] } = route;
  // With `ssm`, the forwarded port is local, but the server is not.
  const tls = await tlsOf(environment, via === "ssm" ? host : (address?.host ?? host));
  return {
    system: "rds",
    host,
    port,
    ...(address === undefined ? {} : { address }),
    database: outputs.database_name,
    tls,
    route: { via, reason, others, ...(endsAt === undefined ? {} : { endsAt }) },
    notes: [`via ${via}: ${reason}`, ...(tls.mode === "disable" ? ["WITHOUT TLS"] : [])],
  };
}

/** An endpoint with its credentials. */
export function withCredentials(
  rds: Omit<Endpoint, "user" | "password">,
  { username, password, freshPassword }: DatabaseSecret & Pick<Endpoint, "freshPassword">,
): Endpoint {
  return { ...rds, user: username, password, ...(freshPassword === undefined ? {} : { freshPassword }) };
}

/**
 * The address in RDS_HOSTADDR.
 * @throws OpsError RDS_HOSTADDR_INVALID (configuration)
 */
export function hostAddress(value: string | undefined): { host: string; port: number } | undefined {
  if (value === undefined) return undefined;
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:]+)):(?<port>\d{1,5})$/.exec(value);
  const name = match?.groups?.six ?? match?.groups?.four ?? "";
  const host = name === "localhost" ? "127.0.0.1" : name;
  const port = Number(match?.groups?.port);
  if (isIP(host) === 0 || !(port >= 1 && port <= 65535)) {
    throw rdsHostaddrInvalid({ value });
  }
  return { host, port };
}

async function tlsOf(environment: Environment, connectHost: string): Promise<Tls> {
  const mode = readVariable(environment, "RDS_SSLMODE");
  if (mode === "disable") {
    assertTlsMayBeDisabled("RDS_SSLMODE=disable", connectHost);
    return { mode: "disable" };
  }
  if (mode !== "verify-full") {
    throw rdsSslmodeInvalid({ mode: mode ?? "" });
  }
  const file = readVariable(environment, "RDS_SSLROOTCERT");
  return file === undefined ? await rdsAuthorities() : authoritiesFromFile("RDS_SSLROOTCERT", file);
}
