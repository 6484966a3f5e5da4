/** PgBouncer in transaction mode in front of a database server, as in Neon's pooler. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "@pilot-light/core/config/env";
import { serverAccount } from "../account.ts";
import type { KeyPair } from "../certificates.ts";
import { findProgram } from "../find-program.ts";
import { freePort, loopback } from "../ports.ts";
import type { Cluster } from "../state.ts";

export interface Pooler extends AsyncDisposable {
  port: number;
}

/**
 * Starts the pooler, for one user. Disposing stops the pooler.
 * @param directory below which it may create its files; the servers' account can enter it
 */
export async function startPooler(
  cluster: Cluster,
  {
    user,
    password,
    certificate,
    directory,
    environment,
  }: {
    user: string;
    password: string;
    certificate: KeyPair;
    directory: string;
    environment: Environment;
  },
): Promise<Pooler> {
  // Debian installs it in a directory that only root's PATH contains.
  const searched = { PATH: `${environment.PATH ?? ""}:/usr/sbin:/opt/homebrew/bin` };
  const program = await findProgram("pgbouncer", searched);
  if (program === undefined) {
    throw new Error("pgbouncer is not installed: the set-up of the tests installs it.");
  }
  const account = await serverAccount(environment);
  const files = await mkdtemp(join(directory, "pooler-"));
  const port = await freePort();
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const contents = {
    "server.key": certificate.key,
    "server.crt": certificate.cert,
    "users.txt": `${quoted(user)} ${quoted(password)}\n`,
    "pgbouncer.ini": `
[databases]
* = host=${loopback} port=${cluster.port}
[pgbouncer]
listen_addr = ${loopback}
listen_port = ${port}
unix_socket_dir =
pool_mode = transaction
auth_type = scram-sha-256
auth_file = ${join(files, "users.txt")}
client_tls_sslmode = require
client_tls_key_file = ${join(files, "server.key")}
client_tls_cert_file = ${join(files, "server.crt")}
ignore_startup_parameters = extra_float_digits
`,
  };
  for (const [name, text] of Object.entries(contents)) {
    await writeFile(join(files, name), text, { mode: 0o600 });
    if (account !== undefined) await chown(join(files, name), account.uid, account.gid);
  }
  if (account !== undefined) await chown(files, account.uid, account.gid);
  const child = spawn(program, [join(files, "pgbouncer.ini")], {
    ...account,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (log += text));
  }
  const end = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGINT");
      await once(child, "close");
    }
    await rm(files, { recursive: true, force: true });
  };
  const deadline = Date.now() + 20_000;
  while (!log.includes(`listening on ${loopback}:${port}`)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await end();
      throw new Error(`pgbouncer does not start: ${log}`);
    }
    await sleep(50);
  }
  return { port, [Symbol.asyncDispose]: end };
}
