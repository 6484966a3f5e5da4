/** The RDS endpoint from the Terraform outputs, the secret and the RDS_* variables. */
import { isIP } from "node:net";
import type { DatabaseSecret, Outputs } from "../contract.ts";
import { readVariable, type Environment } from "../config/env.ts";
import { noDatabase, outputsInvalid, rdsHostaddrInvalid, rdsSslmodeInvalid } from "../errors.ts";
import { authoritiesFromFile, rdsAuthorities } from "./certificates.ts";
import { assertTlsMayBeDisabled, type Endpoint, type Tls } from "./endpoint.ts";

export type DatabaseOutputs = Pick<Outputs, "database_endpoint" | "database_port" | "database_name">;

/**
 * The RDS endpoint, without user and password.
 * @throws OpsError NO_DATABASE (precondition) when the outputs name no database; RDS_SSLMODE_INVALID,
 *   RDS_HOSTADDR_INVALID, TLS_REQUIRED, CA_FILE_UNREADABLE (configuration)
 */
export async function resolveRds(
  outputs: DatabaseOutputs,
  environment: Environment,
): Promise<Omit<Endpoint, "user" | "password">> {
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
  const address = hostAddress(readVariable(environment, "RDS_HOSTADDR"));
  const tls = await tlsOf(environment, address?.host ?? host);
  const notes: string[] = [];
  if (address !== undefined) notes.push(`through ${address.host}:${address.port}`);
  if (tls.mode === "disable") notes.push("WITHOUT TLS");
  return {
    system: "rds",
    host,
    port,
    ...(address === undefined ? {} : { address }),
    database: outputs.database_name,
    tls,
    notes,
  };
}

/** An endpoint with its credentials. */
export function withCredentials(rds: Omit<Endpoint, "user" | "password">, secret: DatabaseSecret): Endpoint {
  return { ...rds, user: secret.username, password: secret.password };
}

function hostAddress(value: string | undefined): { host: string; port: number } | undefined {
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
