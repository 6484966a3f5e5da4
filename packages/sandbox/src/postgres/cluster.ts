/** Creates, starts, checks and stops one PostgreSQL server with TLS on a port of the loopback address. */
import { chown, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Environment } from "@pilot-light/core/config/env";
import type { OpsError } from "@pilot-light/core/ops-error";
import { runAs, type Account } from "../account.ts";
import type { KeyPair } from "../certificates.ts";
import { serverStartFailed } from "../errors.ts";
import { adminRole } from "../names.ts";
import { endProcess, isRunning, type OwnProcess } from "../os-process.ts";
import { loopback } from "../ports.ts";
import type { Cluster } from "../state.ts";
import { connect, type Login } from "./connect.ts";

/** What `startCluster` needs in addition to the description of the cluster. */
export interface ClusterOptions {
  account: Account | undefined;
  certificate: KeyPair;
  adminPassword: string;
  environment: Environment;
}

/** Settings of the server. Without fsync, because the data is temporary. With little WAL, because the files may be in memory. */
function settings(cluster: Cluster, directory: string): string {
  return `
listen_addresses = '${loopback}'
port = ${cluster.port}
unix_socket_directories = ''
ssl = on
ssl_cert_file = '${join(directory, "server.crt")}'
ssl_key_file = '${join(directory, "server.key")}'
password_encryption = scram-sha-256
max_connections = 100
max_prepared_transactions = 4
shared_buffers = 64MB
max_wal_size = 256MB
fsync = off
full_page_writes = off
synchronous_commit = off
timezone = 'UTC'
log_timezone = 'UTC'
`;
}

/** pg_hba.conf accepts connections with and without TLS, so that tests can use `sslmode=disable` as well. */
const hostBasedAccess = `
hostssl   all all ${loopback}/32 scram-sha-256
hostnossl all all ${loopback}/32 scram-sha-256
`;

/**
 * Creates the cluster in the parent of its data directory and starts it. Returns when it accepts connections.
 * @throws OpsError SERVER_START_FAILED (configuration)
 */
export async function startCluster(cluster: Cluster, options: ClusterOptions): Promise<void> {
  const { account, certificate, environment } = options;
  const directory = dirname(cluster.dataDir);
  const passwordFile = join(directory, "password");
  await mkdir(directory, { mode: 0o700 });
  await changeOwner(account, directory);
  for (const [file, text] of [
    [join(directory, "server.key"), certificate.key],
    [join(directory, "server.crt"), certificate.cert],
    [passwordFile, options.adminPassword],
  ] as const) {
    await writeFile(file, text, { mode: 0o600 });
    await changeOwner(account, file);
  }
  const server = async (program: string, args: readonly string[]) => {
    try {
      await runAs(account, join(cluster.binDir, program), args, { cwd: directory, environment });
    } catch (error) {
      throw startFailed(program, error, await readFile(cluster.logFile, "utf8").catch(() => ""));
    }
  };
  await server("initdb", [
    `--pgdata=${cluster.dataDir}`,
    `--username=${adminRole}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
  ]);
  await rm(passwordFile);
  await writeFile(join(cluster.dataDir, "postgresql.conf"), settings(cluster, directory), { flag: "a" });
  await writeFile(join(cluster.dataDir, "pg_hba.conf"), hostBasedAccess);
  // pg_ctl detaches the server from this process and its terminal, and waits until it accepts connections.
  await server("pg_ctl", ["start", "--wait", "--timeout=60", "-D", cluster.dataDir, "-l", cluster.logFile]);
}

async function changeOwner(account: Account | undefined, path: string): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid);
}

function startFailed(program: string, error: unknown, log: string): OpsError {
  const stderr = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
  const details = `${stderr}\n${log}`.trim().split("\n").slice(-20);
  return serverStartFailed({ program }, { details, cause: error });
}

/** The server's first process; undefined when the data directory has no `postmaster.pid`. */
async function postmaster(cluster: Cluster): Promise<OwnProcess | undefined> {
  const text = await readFile(join(cluster.dataDir, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  return Number.isInteger(pid) ? { pid, mark: `-D ${cluster.dataDir}` } : undefined;
}

/** Process id of the server; undefined when it does not run. The file is not enough: the system reuses ids. */
export async function clusterPid(cluster: Cluster, environment: Environment): Promise<number | undefined> {
  const own = await postmaster(cluster);
  return own !== undefined && (await isRunning(own, environment)) ? own.pid : undefined;
}

/** Ends the server at once, together with its sessions, as `pg_ctl stop --mode=immediate` does. */
export async function stopCluster(cluster: Cluster, environment: Environment): Promise<void> {
  const own = await postmaster(cluster);
  if (own !== undefined) await endProcess(own, "SIGQUIT", environment);
}

/** The superuser's login; default: to the database `postgres`. */
export function adminLogin(cluster: Cluster, password: string, database = "postgres"): Login {
  return { port: cluster.port, database, user: adminRole, password };
}

/** Whether the server answers a query. */
export async function clusterAnswers(cluster: Cluster, adminPassword: string): Promise<boolean> {
  try {
    await using session = await connect(adminLogin(cluster, adminPassword));
    await session.client.query("select 1");
    return true;
  } catch {
    return false;
  }
}
