/** Refusals because of servers that cannot be connected to, each with a deadline; and a Neon compute that has to wake up first. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAuthority } from "@pilot-light/sandbox/certificates";
import { neonHost } from "@pilot-light/sandbox/names";
import { neonApiKey, startNeonApi, type NeonApi } from "@pilot-light/sandbox/neon-api";
import { tcpProxy } from "@pilot-light/sandbox/postgres/tcp-proxy";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signalWhen } from "./processes.ts";
import { awsProxy, awsWithSecret, closedPort, readsSecret } from "./proxies.ts";
import { contentOf, sync } from "./support.ts";
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

  test("in the RDS secret is read again once, in case it was rotated, and then refused", async () => {
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

  test("in the RDS secret that was rotated a moment ago stops neither a dry run nor a sync", async () => {
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
  test("because nothing listens, on either side", async () => {
    const port = await closedPort();
    const neon = { exit: 5, code: "UNREACHABLE", says: ["neon", "ECONNREFUSED", String(port)] };
    const rds = { exit: 6, code: "UNREACHABLE", says: ["rds", "ECONNREFUSED", `127.0.0.1:${port}`] };
    await Promise.all([
      expectRefusal(pair, before, dryRun, neon, { env: { NEON_DATABASE_URL: viaPort(port) } }),
      expectRefusal(pair, before, run, rds, { env: { RDS_HOSTADDR: `127.0.0.1:${port}` } }),
    ]);
  });

  test("because it does not answer: there is a deadline", async () => {
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

  test("because it is private, with the way in", async () => {
    // A closed port of this machine as the endpoint itself, without RDS_HOSTADDR.
    const port = await closedPort();
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

test.concurrent("a sync waits for a Neon compute that wakes up", async () => {
  await using own = await createPair(testSandbox(), { neon: "app", rds: "empty" });
  const port = await closedPort();
  const url = new URL(own.env.NEON_DATABASE_URL ?? "");
  url.port = String(port);
  const syncing = sync(own, run, { env: { NEON_DATABASE_URL: url.href } });
  // Nothing listens at first, then connections are dropped, then they are accepted.
  await sleep(1200);
  await using waking = await tcpProxy(
    testSandbox().state.neon.port,
    (connection) => (connection <= 2 ? "close" : "forward"),
    port,
  );
  const transcript = await syncing;
  expect(transcript.exitCode, transcript.stderr).toBe(0);
  expect(waking.connections()).toBeGreaterThan(2);
  expect(await contentOf(own, "rds")).toBe(await contentOf(own, "neon"));
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

describe.concurrent("without a restore point nothing is written when Neon's API", () => {
  const toNeon = ["rds-to-neon", "--yes"];
  const refuses = async (
    { requests = [], ...refusal }: Refusal & { requests?: readonly string[] },
    env: Record<string, string> = {},
    change: (api: NeonApi) => void = () => undefined,
    args = toNeon,
  ) => {
    await using api = await startNeonApi(neonHost);
    change(api);
    const { stdout, stderr } = await expectRefusal(pair, before, args, refusal, {
      env: { ...api.variables, ...env },
    });
    expect(stdout + stderr).not.toContain(neonApiKey);
    expect(api.branches.map(({ name }) => name)).toEqual(["production"]);
    for (const request of requests) expect(api.requests).toContain(request);
  };

  test("rejects the key", async () => {
    const refusal = { exit: 3, code: "NEON_KEY_REJECTED", says: ["NEON_API_KEY", "HTTP 401"] };
    await refuses(refusal, { NEON_API_KEY: "napi_of-another-account" });
    await refuses(refusal, { NEON_API_KEY: "napi_of-another-account" }, undefined, [
      "rds-to-neon",
      "--dry-run",
    ]);
  });

  test("does not know the compute in the project", async () => {
    const refusal = { exit: 3, code: "NEON_NOT_FOUND", says: ["ep-sandbox-000001", "NEON_PROJECT_ID"] };
    await refuses(refusal, { NEON_PROJECT_ID: "other-project-000002" });
  });

  test("does not answer, or is in maintenance", async () => {
    const port = await closedPort();
    const unreachable = { exit: 6, code: "NEON_API_UNREACHABLE", says: ["ECONNREFUSED", "neonstatus.com"] };
    await refuses(unreachable, { NEON_API_HOST: `http://127.0.0.1:${port}/api/v2` });
    const failed = { exit: 6, code: "NEON_API_FAILED", says: ["in maintenance", "HTTP status 500"] };
    await refuses(failed, {}, (api) => (api.fault = () => 500));
  });

  test("has reached the limit of branches", async () => {
    const refusal: Refusal = {
      exit: 4,
      code: "NEON_BRANCH_LIMIT",
      says: ["branches limit of 1"],
      state: "target-unchanged",
    };
    await refuses(refusal, {}, (api) => (api.limit = 1));
  });

  test("never finishes the branch, which is deleted then", async () => {
    const refusal: Refusal = {
      exit: 6,
      code: "NEON_OPERATION_FAILED",
      says: ["Timed out after 2000ms", "console.neon.tech/app/projects/sandbox-project-000001"],
      state: "target-unchanged",
    };
    const requests = ["POST branches"];
    await refuses(
      { ...refusal, requests },
      { PILOT_LIGHT_STALL_SECONDS: "2" },
      (api) => (api.isStuck = true),
    );
  });

  test("is not asked at all for an impossible time", async () => {
    const refusal = { exit: 3, code: "KEEP_BRANCH_INVALID", says: ["1 to 30", '"45"'] };
    await refuses(refusal, {}, undefined, [...toNeon, "--keep-branch", "45"]);
  });
});
