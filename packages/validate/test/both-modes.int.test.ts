/** The checks that run in both modes, in every unhealthy state. */
import { delimiter, join } from "node:path";
import { RequestCertificateCommand } from "@aws-sdk/client-acm";
import { BatchDeleteImageCommand, DeleteRepositoryCommand } from "@aws-sdk/client-ecr";
import { DeleteDBInstanceCommand, ModifyDBInstanceCommand, StopDBInstanceCommand } from "@aws-sdk/client-rds";
import {
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { installPlugin, SessionManager } from "@pilot-light/sandbox/aws/session-manager";
import { removeBucket } from "@pilot-light/sandbox/aws/resources";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCheck, runValidation } from "./run-validation.ts";
import { expireDumps, imageTag, storeDump } from "./support/basic-resources.ts";
import { domain } from "./support/certificates.ts";
import { createEnvironment, type TestEnvironment } from "./support/environment.ts";

let environment: TestEnvironment;

beforeEach(async () => {
  environment = await createEnvironment(testSandbox(), { mode: "pilot-light" });
});
afterEach(async () => {
  await environment[Symbol.asyncDispose]();
});

const check = (id: string, env: Record<string, string> = {}) => runCheck(id, { ...environment.env, ...env });
const messages = (result: Awaited<ReturnType<typeof check>>) => result.problems.map(({ message }) => message);

describe("aws-credentials", () => {
  test("an account other than the expected one fails, and no other check sends a request", async () => {
    const report = await runValidation({ ...environment.env, PILOT_LIGHT_ACCOUNT_ID: "999999999999" });
    expect(report.checks[0]).toMatchObject({ status: "failed", error: { code: "WRONG_ACCOUNT", exit: 4 } });
    const asked = report.checks.filter(({ id, status }) => status === "passed" && id !== "terraform-outputs");
    expect(asked).toEqual([]);
    expect(report.checks.find(({ id }) => id === "vpc")).toMatchObject({
      status: "skipped",
      summary: "skipped: needs aws-credentials",
      blockedBy: "aws-credentials",
    });
  });
});

describe("terraform-outputs", () => {
  test.each([
    ["dev_activated", "true"],
    ["dev_activated", undefined],
    ["database_port", "5432"],
    ["vpc_id", null],
  ])("%s as %j is no mode", async (name, value) => {
    await environment.writeOutputs({ [name]: value });
    const report = await runValidation(environment.env);
    expect(report.mode).toBeNull();
    expect(report.checks[1]).toMatchObject({ status: "failed", error: { code: "OUTPUTS_INVALID", exit: 3 } });
    expect(report.checks[1]?.details.join(" ")).toContain(name);
    // Checks of one mode are skipped. The other checks still run.
    const status = Object.fromEntries(report.checks.map((result) => [result.id, result.status]));
    expect(status).toMatchObject({
      "ecr-repositories": "passed",
      "rds-instance": "skipped",
      leftovers: "skipped",
      "ecs-services": "skipped",
    });
  });
});

describe("ecr-repositories", () => {
  const name = () => `${environment.project}/grafana`;

  test("a missing repository fails", async () => {
    await environment.aws.ecr.send(new DeleteRepositoryCommand({ repositoryName: name(), force: true }));
    const result = await check("ecr-repositories");
    expect(result.status).toBe("failed");
    expect(messages(result)).toEqual([`there is no ECR repository ${name()}`]);
    expect(result.summary).toBe("backend 1 image, frontend 1 image, grafana missing");
  });

  test("an empty repository is a warning", async () => {
    await environment.aws.ecr.send(
      new BatchDeleteImageCommand({ repositoryName: name(), imageIds: [{ imageTag }] }),
    );
    const result = await check("ecr-repositories");
    expect(result.status).toBe("warning");
    expect(messages(result)).toEqual([expect.stringContaining(`${name()} contains no image`)]);
  });
});

describe("backups-bucket", () => {
  const Bucket = () => environment.pair.bucket;

  test("a missing bucket fails, and newest-dump is skipped", async () => {
    await removeBucket(environment.endpoint, Bucket());
    const report = await runValidation(environment.env, { only: ["newest-dump"] });
    const [bucket, dump] = report.checks.slice(-2);
    expect(bucket).toMatchObject({
      status: "failed",
      problems: [{ message: `there is no bucket ${Bucket()}` }],
    });
    expect(dump).toMatchObject({ status: "skipped", summary: "skipped: needs backups-bucket" });
    // The disposal of the environment expects the bucket.
    const { createBucket } = await import("@pilot-light/sandbox/aws/resources");
    await createBucket(environment.endpoint, Bucket());
  });

  test("an open block of public access fails and is named", async () => {
    const PublicAccessBlockConfiguration = {
      BlockPublicAcls: true,
      BlockPublicPolicy: false,
      IgnorePublicAcls: true,
    };
    await environment.aws.s3.send(
      new PutPublicAccessBlockCommand({ Bucket: Bucket(), PublicAccessBlockConfiguration }),
    );
    const result = await check("backups-bucket");
    expect(result.status).toBe("failed");
    expect(messages(result)).toEqual([
      "public access is not blocked: BlockPublicPolicy, RestrictPublicBuckets",
    ]);
  });

  test("no block of public access at all fails", async () => {
    await environment.aws.s3.send(new DeletePublicAccessBlockCommand({ Bucket: Bucket() }));
    const [message] = messages(await check("backups-bucket"));
    expect(message).toMatch(/not blocked: BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, Restrict/);
  });

  test("a bucket without encryption fails", async () => {
    await environment.aws.s3.send(new DeleteBucketEncryptionCommand({ Bucket: Bucket() }));
    expect(messages(await check("backups-bucket"))).toEqual(["the bucket does not encrypt dumps by default"]);
  });

  test("no rule that expires dumps is a warning", async () => {
    await environment.aws.s3.send(new DeleteBucketLifecycleCommand({ Bucket: Bucket() }));
    const result = await check("backups-bucket");
    expect(result.status).toBe("warning");
    expect(messages(result)).toEqual(["no rule deletes old dumps; expected: after 30 days"]);
  });

  test.each([
    [{ days: 60 }, "dumps are deleted after 60 days; expected: after 30 days"],
    [{ days: 30, enabled: false }, "no rule deletes old dumps; expected: after 30 days"],
    [{ days: 30, prefix: "neon-dumps/" }, "no rule deletes old dumps; expected: after 30 days"],
  ])("the rule %j is not sufficient", async (rule, message) => {
    await expireDumps(environment.aws, Bucket(), rule);
    expect(messages(await check("backups-bucket"))).toEqual([message]);
  });
});

describe("newest-dump", () => {
  test("a dump without a manifest does not count", async () => {
    const manifest = { Bucket: environment.pair.bucket, Key: "neon-dumps/2026-11-22T09-30-00.manifest.json" };
    await environment.aws.s3.send(new DeleteObjectCommand(manifest));
    await storeDump(environment.aws, environment.pair.bucket, { complete: false });
    const result = await check("newest-dump");
    expect(result).toMatchObject({
      status: "warning",
      summary: "no dump with a manifest, 1 without a manifest",
    });
  });
});

describe("rds-instance", () => {
  const instance = () => ({ DBInstanceIdentifier: `${environment.project}-dev-db` });

  test("a missing instance fails when the outputs name it", async () => {
    await environment.aws.rds.send(new DeleteDBInstanceCommand({ ...instance(), SkipFinalSnapshot: true }));
    const result = await check("rds-instance");
    expect(result.status).toBe("failed");
    expect(messages(result)).toEqual([expect.stringMatching(/^there is no RDS instance .*-dev-db/)]);
  });

  test("no instance passes when the outputs have no endpoint in pilot light", async () => {
    await environment.aws.rds.send(new DeleteDBInstanceCommand({ ...instance(), SkipFinalSnapshot: true }));
    await environment.writeOutputs({ database_endpoint: "", database_secret_arn: "" });
    expect(await check("rds-instance")).toMatchObject({
      status: "passed",
      summary: "none, as the outputs show",
    });
  });

  test("a stopped instance fails, and cannot heal", async () => {
    await environment.aws.rds.send(new StopDBInstanceCommand(instance()));
    const result = await check("rds-instance");
    expect(result.status).toBe("failed");
    expect(result.problems[0]).toMatchObject({ message: "the instance has status stopped" });
    expect(result.problems[0]?.heals).toBeUndefined();
  });

  test("a public instance fails", async () => {
    await environment.aws.rds.send(new ModifyDBInstanceCommand({ ...instance(), PubliclyAccessible: true }));
    expect(messages(await check("rds-instance"))).toEqual(["the instance can be reached from the internet"]);
  });

  test("a missing secret fails", async () => {
    const missing = `${environment.outputs.database_secret_arn}-other`;
    await environment.writeOutputs({ database_secret_arn: missing });
    expect(await check("rds-instance")).toMatchObject({
      status: "failed",
      error: { code: "SECRET_MISSING" },
    });
  });

  test("a secret in another format fails, and is not shown", async () => {
    const SecretId = environment.outputs.database_secret_arn;
    await environment.aws.secretsManager.send(
      new PutSecretValueCommand({ SecretId, SecretString: "hunter2-hunter2" }),
    );
    const result = await check("rds-instance");
    expect(result).toMatchObject({ status: "failed", error: { code: "SECRET_MALFORMED" } });
    expect(JSON.stringify(result)).not.toContain("hunter2");
  });
});

describe("databases", () => {
  test("without NEON_DATABASE_URL Neon is not checked, and that is a warning", async () => {
    const result = await check("databases", { NEON_DATABASE_URL: "" });
    expect(result.status).toBe("warning");
    expect(messages(result)).toEqual(["cannot check Neon: NEON_DATABASE_URL is not set"]);
    expect(result.summary).toMatch(/^neon not connected, rds PostgreSQL \d/);
  });

  test("a wrong password fails", async () => {
    const url = new URL(environment.env.NEON_DATABASE_URL ?? "");
    url.password = "wrong";
    const result = await check("databases", { NEON_DATABASE_URL: url.href });
    expect(result.status).toBe("failed");
    expect(messages(result)).toEqual([expect.stringMatching(/^neon .* rejected the user/)]);
  });

  test("a tunnel that is not open fails, and may heal", async () => {
    const result = await check("databases", { RDS_HOSTADDR: "127.0.0.1:1" });
    expect(result.status).toBe("failed");
    expect(result.problems[0]).toMatchObject({
      message: expect.stringMatching(/^Cannot reach rds/) as string,
      heals: true,
    });
  });

  test("without a route to RDS, a failed connection is only a warning", async () => {
    const result = await check("databases", { RDS_HOSTADDR: "" });
    expect(result.status).toBe("warning");
    expect(messages(result)).toEqual([expect.stringMatching(/^cannot check RDS from this machine/)]);
    expect(result.problems[0]?.fix).toContain("RDS_HOSTADDR=127.0.0.1:");
    expect(result.problems[0]?.fix).toContain("pnpm validate --only databases --via ssm");
  });

  test("with --via ssm, both checks use one session of Systems Manager, and its task is stopped", async () => {
    const { rds } = testSandbox().state;
    const { endpoint, env, pair } = environment;
    await using manager = await SessionManager.start({ endpoint, databasePort: rds.port });
    const directory = join(pair.env.HOME ?? "", "bin");
    await installPlugin(directory);
    const PATH = `${directory}${delimiter}${env.PATH ?? ""}`;
    const reached = { ...env, PATH, RDS_HOSTADDR: "", AWS_ENDPOINT_URL: manager.url };

    // Without the option, a validation starts nothing in AWS.
    expect(await runCheck("databases", reached)).toMatchObject({ status: "warning" });
    expect(manager.tasks).toEqual([]);

    const only = { only: ["databases", "data"], optional: ["data"], via: "ssm" as const };
    const { checks } = await runValidation(reached, only);
    expect(checks.find(({ id }) => id === "databases")).toMatchObject({ status: "passed" });
    expect(checks.find(({ id }) => id === "data")).toMatchObject({ status: "passed" });
    expect(manager.destinations).toHaveLength(1);
    expect(manager.tasks).toMatchObject([{ status: "STOPPED" }]);
    expect(manager.openSessions).toBe(0);
  });

  test("a machine without pg_dump cannot sync: a warning", async () => {
    const result = await check("databases", { PILOT_LIGHT_PG_BIN: "/nonexistent" });
    expect(result.status).toBe("warning");
    expect(messages(result)).toEqual([expect.stringMatching(/^a sync cannot run on this machine/)]);
  });
});

describe("data", () => {
  test("equal databases pass", async () => {
    expect(await check("data")).toMatchObject({
      status: "passed",
      summary: expect.stringMatching(/^\d+ tables, 0 with different row counts$/) as string,
    });
  });

  test("every table with different row counts, or in one database only, is named", async () => {
    for (const [side, sql] of [
      ["rds", "create table public.extra (id int)"],
      ["neon", "create table public.other as select generate_series(1, 1234) as id"],
      ["rds", "create table public.other (id int)"],
    ] as const) {
      await using session = await environment.pair.connect(side, "owner");
      await session.client.query(sql);
    }
    const result = await check("data");
    expect(result.status).toBe("warning");
    expect(messages(result)).toEqual([
      "public.extra: neon no table, rds 0",
      "public.other: neon 1,234, rds 0",
    ]);
  });
});

describe("vpc", () => {
  test("a missing VPC fails", async () => {
    await environment.writeOutputs({ vpc_id: "vpc-00000000000000000" });
    const result = await check("vpc");
    expect(result.status).toBe("failed");
    expect(messages(result)).toEqual(["there is no VPC vpc-00000000000000000"]);
  });

  test("an output that is empty fails", async () => {
    await environment.writeOutputs({ vpc_id: "" });
    expect(await check("vpc")).toMatchObject({
      status: "failed",
      error: { code: "OUTPUT_EMPTY" },
      problems: [{ message: expect.stringContaining("The output vpc_id is empty") as string }],
    });
  });
});

describe("certificate, in pilot light", () => {
  test("a certificate that waits for its DNS records is a warning, because an activation would wait for them", async () => {
    const request = new RequestCertificateCommand({ DomainName: domain, ValidationMethod: "DNS" });
    const { CertificateArn } = await environment.aws.acm.send(request);
    await environment.writeOutputs({ acm_certificate_arn: CertificateArn });
    const result = await check("certificate");
    expect(result.status).toBe("warning");
    expect(messages(result)).toEqual([`${domain}: the certificate waits for its DNS records`]);
  });
});
