/** PgBouncer in transaction mode in front of Neon, under the name of Neon's pooler. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ownerRoles, sandboxPassword } from "@pilot-light/sandbox/testing";
import { createPair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { until } from "./processes.ts";
import { closedPort, tcpProxy } from "./proxies.ts";
import { contentOf, documentOf, sync } from "./support.ts";
import { expectRefusal, footprint, neonUrl } from "./untouched.ts";

interface Pooler extends AsyncDisposable {
  port: number;
  log: () => string;
}

/** Starts PgBouncer with the certificate of the server, because a client expects the name of Neon's direct host. */
async function startPooler(): Promise<Pooler> {
  const { neon } = testSandbox().state;
  const directory = await mkdtemp(join(tmpdir(), "pilot-light-pooler-"));
  for (const file of ["server.key", "server.crt"]) {
    await copyFile(join(dirname(neon.dataDir), file), join(directory, file));
    await chmod(join(directory, file), 0o644);
  }
  const quoted = sandboxPassword.replaceAll('"', '""');
  await writeFile(join(directory, "users.txt"), `"${ownerRoles.neon}" "${quoted}"\n`);
  const port = await closedPort();
  await writeFile(
    join(directory, "pgbouncer.ini"),
    `[databases]
* = host=127.0.0.1 port=${neon.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
pool_mode = transaction
auth_type = scram-sha-256
auth_file = ${join(directory, "users.txt")}
client_tls_sslmode = require
client_tls_key_file = ${join(directory, "server.key")}
client_tls_cert_file = ${join(directory, "server.crt")}
ignore_startup_parameters = extra_float_digits
`,
  );
  await chmod(directory, 0o755);
  const user = process.getuid?.() === 0 ? ["--user=nobody"] : [];
  const child = spawn("pgbouncer", [...user, join(directory, "pgbouncer.ini")], {
    env: { PATH: "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  await until(() => log.includes("process up") || child.exitCode !== null, 20);
  if (child.exitCode !== null) throw new Error(log);
  return {
    port,
    log: () => log,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await once(child, "close");
      await rm(directory, { recursive: true });
    },
  };
}

test("its name is replaced by that of the direct host, and nothing connects to it", async () => {
  await using pooler = await startPooler();
  await using watch = await tcpProxy(pooler.port);
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "empty" });
  // The name of the pooler with the address of the direct host, as DNS gives it after the replacement.
  const synced = await sync(pair, ["neon-to-rds", "--yes", "--json"]);
  expect(synced.exitCode, synced.stderr).toBe(0);
  expect(documentOf(synced).plan.source.notes.join()).toMatch(/^direct host of .*-pooler\./);
  expect(watch.connections()).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
});

test("an address that leads to it all the same is refused before anything is written", async () => {
  await using pooler = await startPooler();
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const before = await footprint(pair);
  const env = { NEON_DATABASE_URL: neonUrl(pair, (url) => (url.port = String(pooler.port))) };
  const refusal = { code: "POOLED_CONNECTION", says: ["neon", /direct/] };
  await expectRefusal(pair, before, ["neon-to-rds", "--yes"], { ...refusal, exit: 5 }, { env });
  await expectRefusal(pair, before, ["rds-to-neon", "--yes"], { ...refusal, exit: 6 }, { env });
  expect(pooler.log()).toContain("login attempt");
});
