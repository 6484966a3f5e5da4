/** Requests through CloudFront and the load balancer: the responses, and whether the certificate is valid. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseDocument, runCommand } from "./command.ts";
import { startHttpsStub, type HttpsStub } from "./support/https-stub.ts";
import { createCertificate, domain, type DomainCertificate } from "./support/certificates.ts";
import { createEnvironment, type TestEnvironment } from "./support/environment.ts";

let environment: TestEnvironment;
let certificate: DomainCertificate;
let stub: HttpsStub;

beforeAll(async () => {
  certificate = await createCertificate();
  stub = await startHttpsStub(certificate);
  environment = await createEnvironment(testSandbox(), { mode: "active", certificate });
});
afterAll(async () => {
  await stub[Symbol.asyncDispose]();
  await environment[Symbol.asyncDispose]();
});

/** Sends the request to `address` and trusts `authority`. */
async function albHealth(address: string, authority = certificate) {
  const ca = join(environment.env.TMPDIR ?? "", "ca.pem");
  await writeFile(ca, authority.cert);
  const env = { ...environment.env, NODE_EXTRA_CA_CERTS: ca, ALB_HOSTADDR: address };
  const result = await runCommand(env, ["--json", "--only", "alb-health"]);
  return { exitCode: result.exitCode, result: parseDocument(result).checks.at(-1) };
}

test.each([
  [503, true],
  [404, undefined],
  [301, undefined],
])("a response with status %i fails", async (status, heals) => {
  stub.answer(status);
  const { exitCode, result } = await albHealth(stub.address);
  expect(exitCode).toBe(1);
  expect(result).toMatchObject({
    status: "failed",
    problems: [
      { message: `the response has status ${status} instead of 200`, ...(heals === true ? { heals } : {}) },
    ],
  });
  expect(JSON.stringify(result).includes("heals")).toBe(heals === true);
});

test("static files that CloudFront cannot get fail, although the API responds; a missing file is no problem", async () => {
  const path = "/_next/static/pilot-light-validate";
  stub.answer(200, 502);
  const { exitCode, result } = await albHealth(stub.address);
  expect(exitCode).toBe(1);
  const message = `static files: https://${domain}${path} responds with 502`;
  expect(result).toMatchObject({ status: "failed", problems: [{ message }] });
  stub.answer(200, 404);
  const healthy = await albHealth(stub.address);
  expect(healthy.result).toMatchObject({ status: "passed" });
  expect(stub.requests.at(-1)).toEqual({ servername: domain, host: domain, path });
});

test("a certificate for another name fails, although the client trusts it", async () => {
  const other = await createCertificate({ names: ["other.example.com"] });
  await using wrong = await startHttpsStub(other);
  const { result } = await albHealth(wrong.address, other);
  const message = expect.stringContaining(`the certificate is not valid for ${domain}`) as string;
  expect(result).toMatchObject({ status: "failed", problems: [{ message }] });
  expect(wrong.requests).toEqual([]);
});

test("a certificate from an unknown authority fails", async () => {
  const { result } = await albHealth(stub.address, await createCertificate());
  const message = expect.stringContaining("the certificate is not valid for") as string;
  expect(result).toMatchObject({ status: "failed", problems: [{ message }] });
});

test("a port without a listener fails, and may heal", async () => {
  const { result } = await albHealth("127.0.0.1:1");
  const message = expect.stringContaining("cannot reach 127.0.0.1:1") as string;
  expect(result).toMatchObject({ status: "failed", problems: [{ message, heals: true }] });
});
