/** `pnpm tunnel rds`: keeps a route to RDS open for other programs. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { usesIam } from "@pilot-light/core/aws/rds-login";
import { createAwsClients } from "@pilot-light/core/aws/clients";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { readVariable, type Environment } from "@pilot-light/core/config/env";
import type { Via } from "@pilot-light/core/config/via";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { commandLine } from "@pilot-light/core/process";
import { Routes } from "@pilot-light/core/reach/routes";
import type { OutputsSource } from "@pilot-light/core/terraform/outputs";
import { openWorkDirectory } from "@pilot-light/core/work-directory";
import { resolveRdsOnly } from "@pilot-light/sync/resolve";

/**
 * Opens the route, prints how to connect, and waits for Ctrl-C. It ends at once if the printed command needs no open port and no file.
 * @throws OpsError SESSION_ENDED (aws) when the session ends by itself; the errors of the outputs, the secret and the routes
 */
export async function openTunnel(
  { via, outputs }: { via: Via | undefined; outputs: OutputsSource },
  context: CommandContext,
): Promise<CommandOutcome> {
  const { environment, printer } = context;
  await using routes = new Routes({ via }, context);
  await using work = await openWorkDirectory();
  const { endpoint, secretArn, signal } = await resolveRdsOnly(outputs, routes, context);
  const parameters = await parametersOf(endpoint, environment, work.path);
  printer.data(urlOf(parameters));
  printRow("route", endpoint.notes.join("; "), context);
  printRow("psql", commandLine("psql", [conninfo(parameters)]), context);
  const read = usesIam(environment)
    ? `rds generate-db-auth-token --hostname ${endpoint.host} --port ${endpoint.port} --username ${endpoint.user}`
    : `secretsmanager get-secret-value --secret-id ${secretArn} --query SecretString --output text`;
  printRow("password", awsCommand(createAwsClients(environment), read), context);
  if (endpoint.address !== undefined) {
    const { host, port } = endpoint.address;
    printRow("tools", `export RDS_HOSTADDR=${host}:${port}`, context);
  }
  const outcome = { outcome: "closed", document: {} };
  const isForwarded = endpoint.route?.via === "ssm";
  const hasOwnFile = parameters.sslrootcert?.startsWith(work.path) === true;
  if (!isForwarded && !hasOwnFile) return outcome;
  printer.line();
  const what = isForwarded ? "The port is open" : "The file with the certificates exists";
  printer.line(`  ${what} until Ctrl-C.`);
  await new Promise((resolve) => {
    signal.addEventListener("abort", resolve, { once: true });
    if (signal.aborted) resolve(undefined);
  });
  if (!context.signal.aborted) throw signal.reason;
  return outcome;
}

function printRow(label: string, text: string, { printer }: CommandContext): void {
  printer.row({ label: `  ${label.padEnd(10)}`, text });
}

/**
 * The parameters of libpq, without the password.
 * @param directory for a file with the certificates, which is deleted with it
 */
async function parametersOf(
  { address, database, host, port, tls, user }: Endpoint,
  environment: Environment,
  directory: string,
): Promise<Readonly<Record<"host" | "port" | "user" | "dbname", string> & Record<string, string>>> {
  const place = {
    ...{ host, port: String(address?.port ?? port), user, dbname: database },
    ...(address === undefined ? {} : { hostaddr: address.host }),
  };
  if (tls.mode === "disable") return { ...place, sslmode: "disable" };
  const ownFile = readVariable(environment, "RDS_SSLROOTCERT");
  const file = ownFile ?? join(directory, "ca.pem");
  if (ownFile === undefined) await writeFile(file, tls.ca);
  return { ...place, sslmode: "verify-full", sslrootcert: file };
}

type Parameters = Awaited<ReturnType<typeof parametersOf>>;

function urlOf({ host, port, user, dbname, ...rest }: Parameters): string {
  const query = Object.entries(rest).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const path = `${encodeURIComponent(user)}@${host}:${port}/${encodeURIComponent(dbname)}`;
  return `postgresql://${path}?${query.join("&")}`;
}

/** https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING */
function conninfo(parameters: Parameters): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(" ");
}

function quoted(value: string): string {
  return /^[\w./:-]+$/.test(value) ? value : `'${value.replaceAll(/[\\']/g, "\\$&")}'`;
}
