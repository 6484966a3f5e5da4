/** A healthy environment passes every check, in both modes. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { parseDocument, runCommand } from "./command.ts";
import { startOwnEmulator } from "./own-emulator.ts";
import { startHttpsStub } from "./support/https-stub.ts";
import { createCertificate, domain } from "./support/certificates.ts";
import { createEnvironment } from "./support/environment.ts";

const both = [
  "aws-credentials",
  "terraform-outputs",
  "ecr-repositories",
  "backups-bucket",
  "newest-dump",
  "rds-instance",
  "databases",
  "vpc",
];

test("pilot light passes, and no check of the active mode runs", async () => {
  await using environment = await createEnvironment(testSandbox(), { mode: "pilot-light" });
  const result = await runCommand(environment.env, ["--json"]);
  const { outcome, mode, checks, summary } = parseDocument(result);
  const applicable = checks.filter(({ status }) => status !== "not-applicable");
  expect(applicable.filter(({ status }) => status !== "passed")).toEqual([]);
  expect(applicable.map(({ id }) => id)).toEqual([...both, "leftovers", "certificate"]);
  expect({ outcome, mode, exitCode: result.exitCode }).toEqual({
    outcome: "healthy",
    mode: "pilot-light",
    exitCode: 0,
  });
  expect(summary).toEqual({ passed: 10, warnings: 0, failed: 0, skipped: 0, waived: 0 });
});

test("active passes, and the requests to CloudFront have the domain as their host name", async () => {
  const certificate = await createCertificate();
  await using stub = await startHttpsStub(certificate);
  await using emulator = await startOwnEmulator();
  await using environment = await createEnvironment(emulator.sandbox, { mode: "active", certificate });
  const ca = join(environment.env.TMPDIR ?? "", "ca.pem");
  await writeFile(ca, certificate.cert);
  const result = await runCommand({ ...environment.env, NODE_EXTRA_CA_CERTS: ca }, [
    "--resolve",
    stub.address,
  ]);
  expect(result.stderr).toContain("active: 17 passed, 0 warnings, 0 failed, 0 skipped in ");
  const printed = [...result.stderr.matchAll(/^ {2}\+ ok +([\w-]+) /gm)].map((match) => match[1]);
  expect(printed).toEqual([
    ...both,
    "ecs-cluster",
    "ecs-services",
    "deployed-images",
    "task-secrets",
    "target-health",
    "certificate",
    "alb-health",
    "cloudfront",
    "service-discovery",
  ]);
  expect(result).toMatchObject({ exitCode: 0, stdout: "" });
  const names = { servername: domain, host: domain };
  expect(stub.requests).toEqual([
    { ...names, path: "/api/health" },
    { ...names, path: "/_next/static/pilot-light-validate" },
  ]);
});

test("no output contains a password", async () => {
  await using environment = await createEnvironment(testSandbox(), { mode: "pilot-light" });
  const { stdout, stderr } = await runCommand(environment.env, ["--json", "--verbose", "--data"]);
  const { sandboxPassword } = await import("@pilot-light/sandbox/testing");
  expect(stderr).toContain("SecretsManagerClient GetSecretValue");
  expect(stdout + stderr).not.toContain(sandboxPassword);
  expect(stdout + stderr).not.toContain(encodeURIComponent(sandboxPassword));
});
