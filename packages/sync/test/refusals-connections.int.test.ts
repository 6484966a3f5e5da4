/** Refusals because a command cannot connect to a server, each with a deadline; and a Neon compute that must wake up first. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAuthority, issueCertificate, type KeyPair } from "@pilot-light/sandbox/certificates";
import { neonHost, neonPoolerHost, sandboxPassword } from "@pilot-light/sandbox/names";
import { neonApiKey, startNeonApi, type NeonApi } from "@pilot-light/sandbox/neon-api";
import { connect } from "@pilot-light/sandbox/postgres/connect";
import { startNeonProxy } from "@pilot-light/sandbox/postgres/neon-proxy";
import { startPooler } from "@pilot-light/sandbox/postgres/pooler";
import { tcpProxy } from "@pilot-light/sandbox/postgres/tcp-proxy";
import { freePort } from "@pilot-light/sandbox/ports";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signalWhen, until } from "./processes.ts";
import { awsProxy, awsWithSecret, readsSecret } from "./proxies.ts";
import { contentOf, errorOf, sync } from "./support.ts";
import { expectRefusal, footprint, neonUrl, outputsFile, type Refusal } from "./untouched.ts";

let pair: Pair;
let before: unknown;
let otherAuthority: string;

beforeAll(async () => {
  pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  before = await footprint(pair);
  otherAuthority = join(pair.env.HOME ?? "", "other-ca.pem");
  await writeFile(otherAuthority, (await createAuthority()).cert);
});
afterAll(() => pair.dispose());

const dryRun = ["neon-to-rds", "--dry-run"];
const run = ["neon-to-rds", "--yes"];
const wrongPassword = "hunter2-plain";
const viaPort = (port: number) => neonUrl(pair, (url) => (url.port = String(port)));

describe.concurrent("a wrong password", () => {
  test("for Neon is distinguished from other failures, before anything is written", async () => {
    const env = { NEON_DATABASE_URL: neonUrl(pair, (url) => (url.password = wrongPassword)) };
    const refusal = { exit: 5, code: "WRONG_PASSWORD", says: ["neon", "neondb_owner", "NEON_DATABASE_URL"] };
    for (const args of [dryRun, run]) {
      const { stdout, stderr } = await expectRefusal(pair, before, args, refusal, { env });
      expect(stdout + stderr).not.toContain(wrongPassword);
    }
    await expectRefusal(pair, before, ["rds-to-neon", "--yes"], { ...refusal, exit: 6 }, { env });
  });

  test("in the RDS secret is read once more, because it may have been rotated, and then refused", async () => {
    for (const args of [dryRun, run]) {
      await using aws = await awsWithSecret(
        pair,
        JSON.stringify({ username: pair.rds.role, password: wrongPassword }),
      );
      const says = ["rds", pair.rds.role, "database_secret_arn"];
      const env = { AWS_ENDPOINT_URL: aws.url };
      await expectRefusal(pair, before, args, { exit: 6, code: "WRONG_PASSWORD", says }, { env });
      expect(aws.requests.filter(readsSecret)).toHaveLength(2);
    }
  });

  test("in an RDS secret that was rotated a moment ago stops neither a dry run nor a sync", async () => {
    await using own = await createPair(testSandbox(), { neon: "app", rds: "empty" });
    for (const args of [dryRun, run]) {
      const outdated = JSON.stringify({ username: own.rds.role, password: wrongPassword });
      const body = JSON.stringify({ ARN: own.rds.secretArn, Name: "x", SecretString: outdated });
      let reads = 0;
      await using aws = await awsProxy(own, (request) =>
        readsSecret(request) && (reads += 1) === 1 ? { status: 200, body } : undefined,
      );
      const transcript = await sync(own, args, { env: { AWS_ENDPOINT_URL: aws.url } });
      expect(transcript.exitCode, transcript.stderr).toBe(0);
    }
    expect(await contentOf(own, "rds")).toBe(await contentOf(own, "neon"));
  });
});

describe.concurrent("a server that cannot be reached", () => {
  test("because no server listens, on either side", async () => {
    const port = await freePort();
    const neon = { exit: 5, code: "UNREACHABLE", says: ["neon", "ECONNREFUSED", String(port)] };
    const rds = { exit: 6, code: "UNREACHABLE", says: ["rds", "ECONNREFUSED", `127.0.0.1:${port}`] };
    await Promise.all([
      expectRefusal(pair, before, dryRun, neon, { env: { NEON_DATABASE_URL: viaPort(port) } }),
      expectRefusal(pair, before, run, rds, { env: { RDS_HOSTADDR: `127.0.0.1:${port}` } }),
    ]);
  });

  test("because it does not answer before the deadline", async () => {
    await using silent = await tcpProxy(0, () => "ignore");
    const env = { RDS_HOSTADDR: `127.0.0.1:${silent.port}`, PGCONNECT_TIMEOUT: "1" };
    const refusal = {
      exit: 6,
      code: "UNREACHABLE",
      says: ["rds", `127.0.0.1:${silent.port}`, "timeout", "attempts"],
    };
    const start = performance.now();
    await Promise.all([dryRun, run].map((args) => expectRefusal(pair, before, args, refusal, { env })));
    expect(performance.now() - start).toBeLessThan(90_000);
    expect(silent.connections()).toBeGreaterThan(4);
  });

  test("because it is private, and the hint names a route", async () => {
    // A closed port of this machine as the endpoint itself, without RDS_HOSTADDR.
    const port = await freePort();
    const file = await outputsFile(pair, (outputs) => ({
      ...outputs,
      database_endpoint: `localhost:${port}`,
      database_port: port,
    }));
    const says = ["RDS is private", "RDS_HOSTADDR=127.0.0.1:"];
    const refusal = { exit: 6, code: "UNREACHABLE", says };
    await expectRefusal(pair, before, [...dryRun, "--outputs-file", file], refusal, {
      env: { RDS_HOSTADDR: "" },
    });
  });

  test("because its name is not known", async () => {
    const url = neonUrl(pair, ({ searchParams }) => searchParams.delete("hostaddr"));
    const env = { NEON_DATABASE_URL: url.replace(/@[^:]+:/, "@nosuchhost.invalid:") };
    const refusal = { exit: 5, code: "HOST_UNKNOWN", says: ["nosuchhost.invalid", "NEON_DATABASE_URL"] };
    await expectRefusal(pair, before, dryRun, refusal, { env });
  });

  test("ends at once when a person interrupts the command", async () => {
    await using silent = await tcpProxy(0, () => "ignore");
    const start = performance.now();
    for (const args of [dryRun, run]) {
      const refusal = { exit: 130, code: "INTERRUPTED", says: [] };
      const seen = silent.connections();
      await expectRefusal(pair, before, args, refusal, {
        env: { RDS_HOSTADDR: `127.0.0.1:${silent.port}` },
        onStart: signalWhen(() => silent.connections() > seen, "SIGINT"),
      });
    }
    expect(performance.now() - start).toBeLessThan(50_000);
  });
});

describe.concurrent("in front of Neon", () => {
  let authority: KeyPair;
  let caFile: string;
  beforeAll(async () => {
    authority = await createAuthority();
    caFile = join(pair.env.HOME ?? "", "neon-ca.pem");
    await writeFile(caFile, `${await readFile(testSandbox().state.caFile, "utf8")}\n${authority.cert}`);
  });
  const urlOf = (own: Pair, port: number) =>
    neonUrl(own, (url) => {
      url.port = String(port);
      url.searchParams.set("sslrootcert", caFile);
    });

  test("a sync waits for a server that refuses connections for 5 seconds, and for a compute that wakes up", async () => {
    await using own = await createPair(testSandbox(), { neon: "app", rds: "empty" });
    const port = await freePort();
    // A machine under load needs seconds for a key, in which nothing would listen.
    const certificate = await issueCertificate(authority, neonHost);
    let printed = "";
    const syncing = sync(own, run, {
      env: { NEON_DATABASE_URL: urlOf(own, port) },
      onStderr: (text) => (printed += text),
    });
    // The second attempt reports it, half a second after the first one.
    await until(() => printed.includes("waiting for neon"));
    await sleep(4500);
    await using proxy = await startNeonProxy(
      { [neonHost]: testSandbox().state.neon.port },
      {
        ...{ certificate, port },
        answer: (connection) => (connection <= 2 ? { error: "Couldn't connect to compute node" } : "forward"),
      },
    );
    const transcript = await syncing;
    expect(transcript.exitCode, transcript.stderr).toBe(0);
    expect(transcript.stderr).toContain("waiting for neon: Cannot reach neon");
    // The driver and pg_dump name the direct host in their handshakes, and accept channel binding.
    expect(proxy.names.length).toBeGreaterThan(4);
    expect([...new Set(proxy.names)]).toEqual([neonHost]);
    expect(await contentOf(own, "rds")).toBe(await contentOf(own, "neon"));
  });

  test("a compute that never wakes up has a deadline, and another error of the proxy is final", async () => {
    const certificate = await issueCertificate(authority, neonHost);
    const errors = [
      "Couldn't connect to compute node",
      "password authentication failed for user 'neondb_owner'",
    ];
    const codes = ["CONNECT_FAILED", "WRONG_PASSWORD"];
    const started = performance.now();
    for (const [index, error] of errors.entries()) {
      await using proxy = await startNeonProxy({}, { certificate, answer: () => ({ error }) });
      const env = { NEON_DATABASE_URL: urlOf(pair, proxy.port) };
      const refusal = { exit: 5, code: codes[index] ?? "", says: [error] };
      await expectRefusal(pair, before, dryRun, refusal, { env });
      expect(proxy.names.length > 4).toBe(index === 0);
    }
    expect(performance.now() - started).toBeLessThan(80_000);
  });

  test("a sync bypasses a pooler in transaction mode in both directions, and clients of the pooler see the new rows", async () => {
    await using own = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { clusterDirectory, neon } = testSandbox().state;
    await using pooler = await startPooler(neon, {
      ...{
        user: own.neon.role,
        password: sandboxPassword,
        directory: clusterDirectory,
        environment: own.env,
      },
      certificate: await issueCertificate(authority, neonPoolerHost),
    });
    const servers = { [neonHost]: neon.port, [neonPoolerHost]: pooler.port };
    const certificate = await issueCertificate(authority, neonPoolerHost);
    await using proxy = await startNeonProxy(servers, { certificate });
    const env = { NEON_DATABASE_URL: urlOf(own, proxy.port) };
    const throughPooler = async () => {
      await using session = await connect({
        ...{ port: proxy.port, database: own.neon.database, user: own.neon.role, password: sandboxPassword },
        tls: { ca: authority.cert, servername: neonPoolerHost },
      });
      const sql = "select count(*)::int as n from public.contacts";
      const { rows } = await session.client.query<{ n: number }>(sql);
      return rows[0]?.n;
    };
    const first = await throughPooler();
    const there = await sync(own, run, { env });
    expect(there.exitCode, there.stderr).toBe(0);
    expect(there.stderr).toContain(`direct host of ${neonPoolerHost}`);
    await using session = await own.connect("rds", "owner");
    await session.client.query(
      "delete from public.contacts where id = (select max(id) from public.contacts)",
    );
    const back = await sync(own, ["rds-to-neon", "--yes"], { env });
    expect(back.exitCode, back.stderr).toBe(0);
    expect(await contentOf(own, "rds")).toBe(await contentOf(own, "neon"));
    expect(await throughPooler()).toBe((first ?? 0) - 1);
    expect(proxy.names.filter((name) => name === neonPoolerHost)).toHaveLength(2);

    // Only the pooler answers.
    await using half = await startNeonProxy({ [neonPoolerHost]: pooler.port }, { certificate });
    const transcript = await sync(own, [...dryRun, "--json"], {
      env: { NEON_DATABASE_URL: urlOf(own, half.port) },
    });
    const { code, hint } = errorOf(transcript);
    expect(code).toBe("UNREACHABLE");
    expect(hint).toContain(`not to the pooler ${neonPoolerHost}`);
    expect(hint).toContain(`connections to ${neonHost}`);

    // The certificate of the pooler is not one of the direct host.
    await using wrong = await startNeonProxy({ [neonHost]: pooler.port }, { certificate });
    const refused = errorOf(
      await sync(own, [...dryRun, "--json"], { env: { NEON_DATABASE_URL: urlOf(own, wrong.port) } }),
    );
    expect(refused.code).toBe("CERTIFICATE_INVALID");
    expect(refused.message).toContain(`not valid for ${neonHost}`);
  });
});

describe.concurrent("a certificate", () => {
  test("of somebody else's authority is refused on both sides", async () => {
    const url = neonUrl(pair, ({ searchParams }) => searchParams.set("sslrootcert", otherAuthority));
    const neon = {
      exit: 5,
      code: "CERTIFICATE_INVALID",
      says: ["neon", otherAuthority, "sslrootcert in NEON_DATABASE_URL"],
    };
    await expectRefusal(pair, before, dryRun, neon, { env: { NEON_DATABASE_URL: url } });
    const rds = { exit: 6, code: "CERTIFICATE_INVALID", says: ["rds", otherAuthority, "RDS_SSLROOTCERT"] };
    await expectRefusal(pair, before, run, rds, { env: { RDS_SSLROOTCERT: otherAuthority } });
  });

  test("for another host name is refused, through a tunnel as well", async () => {
    const file = await outputsFile(pair, (outputs) => ({
      ...outputs,
      database_endpoint: "other.rds.amazonaws.com:5432",
    }));
    const refusal = { exit: 6, code: "CERTIFICATE_INVALID", says: ["other.rds.amazonaws.com"] };
    await expectRefusal(pair, before, [...run, "--outputs-file", file], refusal);
  });

  test("that no authority of the RDS bundle has signed is refused", async () => {
    const refusal = { exit: 6, code: "CERTIFICATE_INVALID", says: ["RDS bundle", "RDS_SSLROOTCERT"] };
    await expectRefusal(pair, before, dryRun, refusal, { env: { RDS_SSLROOTCERT: "" } });
  });
});

test.concurrent("a database that does not exist is named on both sides", async () => {
  const file = await outputsFile(pair, (outputs) => ({ ...outputs, database_name: "gone" }));
  const rds = { exit: 6, code: "DATABASE_MISSING", says: ["gone", "database_name", "pnpm sync undo rds"] };
  await expectRefusal(pair, before, [...run, "--outputs-file", file], rds);
  const neon = {
    exit: 5,
    code: "DATABASE_MISSING",
    says: ["gone", "NEON_DATABASE_URL", "pnpm sync undo neon"],
  };
  const env = { NEON_DATABASE_URL: neonUrl(pair, (url) => (url.pathname = "/gone")) };
  await expectRefusal(pair, before, run, neon, { env });
});

test.concurrent("if the restore point cannot be created, a sync to Neon does not begin", async () => {
  // A target has one sync at a time.
  await using own = await createPair(testSandbox(), { neon: "stale", rds: "app" });
  const unchanged = await footprint(own);
  const toNeon = ["rds-to-neon", "--yes"];
  const refuses = async (
    refusal: Refusal,
    env: Record<string, string> = {},
    change: (api: NeonApi) => void = () => undefined,
    args = toNeon,
  ) => {
    await using api = await startNeonApi(neonHost);
    change(api);
    const call = { env: { ...api.variables, ...env } };
    const { stdout, stderr } = await expectRefusal(own, unchanged, args, refusal, call);
    expect(stdout + stderr).not.toContain(neonApiKey);
    expect(api.branches.map(({ name }) => name)).toEqual(["production"]);
    return api.requests;
  };
  const rejected = { exit: 3, code: "NEON_KEY_REJECTED", says: ["NEON_API_KEY", "HTTP 401"] };
  const otherKey = { NEON_API_KEY: "napi_of-another-account" };
  await refuses(rejected, otherKey);
  await refuses(rejected, otherKey, undefined, ["rds-to-neon", "--dry-run"]);

  const unknown = { exit: 3, code: "NEON_NOT_FOUND", says: ["ep-sandbox-000001", "NEON_PROJECT_ID"] };
  await refuses(unknown, { NEON_PROJECT_ID: "other-project-000002" });

  const nowhere = `http://127.0.0.1:${await freePort()}/api/v2`;
  const unreachable = { exit: 6, code: "NEON_API_UNREACHABLE", says: ["ECONNREFUSED", "neonstatus.com"] };
  await refuses(unreachable, { NEON_API_HOST: nowhere });
  const failed = { exit: 6, code: "NEON_API_FAILED", says: ["in maintenance", "HTTP status 500"] };
  await refuses(failed, {}, (api) => (api.fault = () => 500));

  const state = "target-unchanged";
  const full: Refusal = { exit: 4, code: "NEON_BRANCH_LIMIT", says: ["branches limit of 1"], state };
  await refuses(full, {}, (api) => (api.limit = 1));
  // Neon never finishes the branch, which is deleted then.
  const says = ["Timed out after 2000ms", "console.neon.tech/app/projects/sandbox-project-000001"];
  const stuck: Refusal = { exit: 6, code: "NEON_OPERATION_FAILED", says, state };
  const seconds = { PILOT_LIGHT_STALL_SECONDS: "2" };
  const requests = await refuses(stuck, seconds, (api) => (api.isStuck = true));
  expect(requests).toContain("POST branches");
  expect(requests.some((request) => request.startsWith("DELETE branches/"))).toBe(true);

  const invalid = { exit: 3, code: "NUMBER_INVALID", says: ["from 0 to 30", '"45"'] };
  expect(await refuses(invalid, {}, undefined, [...toNeon, "--keep-branch", "45"])).toEqual([]);
});
