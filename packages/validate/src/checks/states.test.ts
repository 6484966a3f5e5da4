/** States of resources that the emulator does not have, as responses of AWS. */
import { CloudFrontClient, GetDistributionCommand } from "@aws-sdk/client-cloudfront";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  DescribeClustersCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  type Service,
} from "@aws-sdk/client-ecs";
import {
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  type TargetHealthStateEnum,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import {
  DescribeSecretCommand,
  ListSecretVersionIdsCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, test } from "vitest";
import type { Check, Finding } from "../check.ts";
import { renderFix } from "../fix.ts";
import { checkContext } from "../testing/check-context.ts";
import { mockClient } from "../testing/mock-client.ts";
import { certificate } from "./certificate.ts";
import { cloudfront } from "./cloudfront.ts";
import { deployedImages } from "./deployed-images.ts";
import { ecsCluster } from "./ecs-cluster.ts";
import { ecsServices } from "./ecs-services.ts";
import { newestDump } from "./newest-dump.ts";
import { rdsInstance } from "./rds-instance.ts";
import { targetHealth } from "./target-health.ts";
import { taskSecrets } from "./task-secrets.ts";
import { vpc } from "./vpc.ts";

/** Severity, message and whether it may heal, of every problem. */
function problems({ problems: found = [] }: Finding) {
  return found.map(({ severity, message, heals = false }) => ({ severity, message, heals }));
}

const run = (check: Check, ...context: Parameters<typeof checkContext>) =>
  check.run(checkContext(...context));

describe("rds-instance", () => {
  const of = async (status: string, more = {}) => {
    const DBInstances = [
      { DBInstanceStatus: status, PubliclyAccessible: false, StorageEncrypted: true, ...more },
    ];
    mockClient(RDSClient).on(DescribeDBInstancesCommand).resolves({ DBInstances });
    const secret = () => Promise.resolve({ username: "u", password: "p" });
    const outputs = { database_endpoint: "h:5432", database_secret_arn: "arn", dev_activated: false };
    return problems(await run(rdsInstance, outputs, { databaseSecret: secret }));
  };

  test.each(["available", "backing-up", "storage-optimization"])("%s is no problem", async (status) => {
    expect(await of(status)).toEqual([]);
  });

  test.each([
    ["creating", true],
    ["modifying", true],
    ["failed", false],
    ["storage-full", false],
    ["a-new-status", false],
  ])("%s is a failure; it may heal: %s", async (status, heals) => {
    expect(await of(status)).toEqual([
      { severity: "failure", message: `the instance has status ${status}`, heals },
    ]);
  });

  test.each([[false], [undefined]])("encryption %s is a failure", async (StorageEncrypted) => {
    expect(await of("available", { StorageEncrypted })).toMatchObject([
      { message: "the storage of the instance is not encrypted" },
    ]);
  });
});

test.each([
  ["pending", true],
  ["strange", false],
])("a VPC that is %s is a failure; it may heal: %s", async (State, heals) => {
  mockClient(EC2Client)
    .on(DescribeVpcsCommand)
    .resolves({ Vpcs: [{ State: State as "pending" }] });
  const found = await run(vpc, { vpc_id: "vpc-1" });
  expect(problems(found)).toEqual([{ severity: "failure", message: `the VPC has state ${State}`, heals }]);
});

test.each([
  ["PROVISIONING", true],
  ["FAILED", false],
])("a cluster that is %s is a failure; it may heal: %s", async (status, heals) => {
  mockClient(ECSClient)
    .on(DescribeClustersCommand)
    .resolves({ clusters: [{ status }] });
  const found = await run(ecsCluster, { ecs_cluster_name: "c", dev_activated: true });
  expect(problems(found)).toEqual([
    { severity: "failure", message: `the cluster has status ${status}`, heals },
  ]);
});

describe("ecs-services", () => {
  const of = async (service: Service) => {
    const good = { status: "ACTIVE", runningCount: 2, desiredCount: 2 };
    const services = () => Promise.resolve(new Map([["dev-shop-backend", { ...good, ...service }]]));
    return problems(await run(ecsServices, { ecs_cluster_name: "c" }, { services }));
  };
  const completed = { rolloutState: "COMPLETED" } as const;

  test("one completed deployment is no problem", async () => {
    expect(await of({ deployments: [completed] })).toEqual([]);
  });

  test("a failed deployment is a failure with its reason", async () => {
    const failed = { rolloutState: "FAILED", rolloutStateReason: "circuit breaker" } as const;
    expect(await of({ deployments: [failed, completed] })).toEqual([
      {
        severity: "failure",
        message: "dev-shop-backend: the deployment failed: circuit breaker",
        heals: false,
      },
    ]);
  });

  test.each<[string, Service]>([
    ["two deployments", { deployments: [completed, completed] }],
    ["one in progress", { deployments: [{ rolloutState: "IN_PROGRESS" }] }],
    ["more tasks than desired", { deployments: [completed], runningCount: 3 }],
  ])("%s may heal", async (_, service) => {
    expect(await of(service)).toMatchObject([
      { message: expect.stringContaining("a deployment is in progress") as string, heals: true },
    ]);
  });

  test("a service that is being drained is a failure", async () => {
    expect(await of({ status: "DRAINING" })).toMatchObject([{ heals: false }]);
  });
});

describe("target-health", () => {
  const of = async (...states: TargetHealthStateEnum[]) => {
    const TargetHealthDescriptions = states.map((State, index) => ({
      Target: { Id: `10.0.0.${index}` },
      TargetHealth: { State, Description: "Health checks failed" },
    }));
    mockClient(ElasticLoadBalancingV2Client)
      .on(DescribeTargetGroupsCommand)
      .resolves({ TargetGroups: [{ TargetGroupArn: "arn", TargetGroupName: "dev-shop-backend-tg" }] })
      .on(DescribeTargetHealthCommand)
      .resolves({ TargetHealthDescriptions });
    return problems(await run(targetHealth, {}, { loadBalancer: () => Promise.resolve({}) }));
  };

  test("a draining target next to a healthy one is no problem", async () => {
    expect(await of("healthy", "draining")).toEqual([]);
  });

  test("only draining targets are a failure", async () => {
    expect(await of("draining", "draining")).toMatchObject([{ severity: "failure", heals: true }]);
  });

  test.each(["unhealthy", "initial", "unused", "unavailable"] as const)(
    "a target that is %s next to a healthy one is a failure with its reason",
    async (state) => {
      const message = `backend-tg: 10.0.0.1 is ${state} (Health checks failed)`;
      expect(await of("healthy", state)).toEqual([{ severity: "failure", message, heals: true }]);
    },
  );

  test("a load balancer without target groups is a failure", async () => {
    mockClient(ElasticLoadBalancingV2Client).on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [] });
    const found = await run(targetHealth, {}, { loadBalancer: () => Promise.resolve({}) });
    expect(problems(found)).toMatchObject([{ message: "the load balancer has no target group" }]);
  });
});

test.each([
  ["InProgress", true],
  ["Strange", false],
])("a distribution that is %s is a failure; it may heal: %s", async (Status, heals) => {
  const DistributionConfig = {
    CallerReference: "",
    Comment: "",
    DefaultCacheBehavior: undefined,
    Enabled: true,
    Origins: { Quantity: 1, Items: [{ Id: "alb", DomainName: "ALB.example.com" }] },
  };
  mockClient(CloudFrontClient)
    .on(GetDistributionCommand)
    .resolves({
      Distribution: {
        Id: "E1",
        ARN: "",
        Status,
        LastModifiedTime: new Date(),
        InProgressInvalidationBatches: 0,
        DomainName: "d1.cloudfront.net",
        DistributionConfig,
      },
    });
  const found = await run(cloudfront, { cloudfront_distribution_id: "E1", alb_dns_name: "alb.example.com" });
  expect(problems(found)).toEqual([
    { severity: "failure", message: `the distribution has status ${Status}`, heals },
  ]);
});

describe("certificate", () => {
  const of = (Status: "ISSUED" | "EXPIRED" | "REVOKED" | "FAILED", NotAfter?: Date) => {
    const detail = {
      DomainName: "x.org",
      SubjectAlternativeNames: ["*.x.org"],
      Status,
      ...(NotAfter === undefined ? {} : { NotAfter }),
    };
    return run(certificate, { dev_activated: true }, { certificates: () => Promise.resolve([detail]) });
  };

  test.each(["EXPIRED", "REVOKED", "FAILED"] as const)("%s is a failure", async (status) => {
    expect(problems(await of(status))).toMatchObject([{ severity: "failure", heals: false }]);
  });

  test("issued, with an end in the past or none, is a failure", async () => {
    expect(problems(await of("ISSUED", new Date("2026-11-21")))).toMatchObject([{ severity: "failure" }]);
    expect(problems(await of("ISSUED"))).toMatchObject([{ severity: "failure" }]);
  });

  test("31 days left are no problem, 30 are a warning", async () => {
    expect(problems(await of("ISSUED", new Date("2026-12-23T13:00:00Z")))).toEqual([]);
    expect(problems(await of("ISSUED", new Date("2026-12-22T13:00:00Z")))).toMatchObject([
      { severity: "warning" },
    ]);
  });

  test("of two certificates, the problem names the region, and so does its command", async () => {
    const detail = (region: string, Status: "ISSUED" | "FAILED") => ({
      CertificateArn: `arn:aws:acm:${region}:1:certificate/c`,
      DomainName: "x.org",
      SubjectAlternativeNames: ["*.x.org"],
      Status,
      NotAfter: new Date("2027-11-22"),
    });
    const certificates = () =>
      Promise.resolve([detail("eu-west-1", "ISSUED"), detail("us-east-1", "FAILED")]);
    const found = await run(
      certificate,
      { dev_activated: true },
      { certificates },
      { AWS_REGION: "eu-west-1" },
    );
    expect(found.summary).toBe(
      "x.org (eu-west-1) ISSUED, 364 days left, x.org (us-east-1) FAILED, 364 days left",
    );
    expect(problems(found)).toEqual([
      {
        severity: "failure",
        message: "x.org (us-east-1): the certificate has status FAILED",
        heals: false,
      },
    ]);
    expect(found.problems?.[0]?.fix).toMatchObject({
      command: expect.stringMatching(/ --region us-east-1$/) as string,
    });
  });
});

describe("task-secrets", () => {
  const secret = "arn:aws:secretsmanager:us-east-1:1:secret:rds!db-1-abcdef";
  const day = (date: number) => new Date(Date.UTC(2026, 10, date));
  const version = (date: number, ...VersionStages: string[]) => ({ CreatedDate: day(date), VersionStages });
  /** Tasks created on the 10th and the 12th, of a secret with these dates. */
  const of = async (
    { rotated, versions = [] }: { rotated?: Date; versions?: ReturnType<typeof version>[] },
    valueFrom = `${secret}:password::`,
    outputs: Parameters<typeof run>[1] = { secret_restart_rule_name: "" },
  ) => {
    const task = { group: "service:dev-shop-backend", taskDefinitionArn: "definition" };
    const tasks = [
      { ...task, taskArn: "1", createdAt: day(10) },
      { ...task, taskArn: "2", createdAt: day(12) },
    ];
    mockClient(ECSClient)
      .on(ListTasksCommand, { serviceName: "dev-shop-backend", desiredStatus: "RUNNING" })
      .resolves({ taskArns: ["1", "2"] })
      .on(DescribeTasksCommand)
      .resolves({ tasks })
      .on(DescribeTaskDefinitionCommand, { taskDefinition: "definition" })
      .resolves({
        taskDefinition: { containerDefinitions: [{ secrets: [{ name: "DB_PASSWORD", valueFrom }] }] },
      });
    mockClient(SecretsManagerClient)
      .on(DescribeSecretCommand, { SecretId: secret })
      // New tags change this date as well.
      .resolves({ LastChangedDate: day(20), ...(rotated === undefined ? {} : { LastRotatedDate: rotated }) })
      .on(ListSecretVersionIdsCommand, { SecretId: secret })
      .resolves({ Versions: versions });
    const services = () => Promise.resolve(new Map([["dev-shop-backend", { status: "ACTIVE" }]]));
    return await run(taskSecrets, outputs, { services });
  };

  test("a password that RDS changed after the start of a task is a warning with the deployment that helps", async () => {
    const found = await of({ rotated: day(11), versions: [version(11, "AWSCURRENT")] });
    expect(problems(found)).toEqual([
      {
        severity: "warning",
        message:
          "dev-shop-backend: 1 of 2 tasks started before the secret rds!db-1-abcdef was changed (2026-11-11T00:00:00Z)",
        heals: false,
      },
    ]);
    expect(found.problems?.[0]?.fix).toMatchObject({
      command:
        "aws ecs update-service --cluster dev-shop-cluster --service dev-shop-backend --force-new-deployment --region us-east-1",
    });
  });

  test("it states whether a rule starts new tasks when a secret changes", async () => {
    const rotated = { rotated: day(11), versions: [version(11, "AWSCURRENT")] };
    const without = await of(rotated);
    expect(without.details?.at(-1)).toMatch(/^nothing starts new tasks.*backend_restart_on_secret_change/);
    expect(without.problems?.[0]?.fix.text).toContain("set backend_restart_on_secret_change to true");
    const rule = { secret_restart_rule_name: "dev-shop-secret-restart" };
    const withRule = await of(rotated, undefined, rule);
    expect(withRule.details?.at(-1)).toBe(
      "the rule dev-shop-secret-restart starts new tasks of the backend when a secret changes",
    );
    expect(withRule.problems?.[0]?.fix.text).toMatch(/^The rule dev-shop-secret-restart starts new tasks/);
  });

  test("tasks that started after the last change are no problem, whatever changed besides the value", async () => {
    const found = await of({
      rotated: day(9),
      versions: [version(9, "AWSCURRENT"), version(2, "AWSPREVIOUS"), version(15, "AWSPENDING")],
    });
    expect(found).toMatchObject({ summary: "2 tasks with 1 secret", problems: [] });
  });

  test("a value that a person has set counts like a rotation", async () => {
    expect(problems(await of({ versions: [version(13, "AWSCURRENT")] }))).toMatchObject([
      { message: expect.stringContaining("2 of 2 tasks started before") as string },
    ]);
  });

  test("a parameter of Systems Manager is no secret", async () => {
    expect(await of({}, "arn:aws:ssm:us-east-1:1:parameter/p")).toMatchObject({
      summary: "no running task reads a secret",
      problems: [],
    });
  });
});

test("a dump older than two weeks is a warning", async () => {
  const LastModified = new Date("2026-11-01T12:00:00Z");
  mockClient(S3Client)
    .on(ListObjectsV2Command, { Prefix: "neon-dumps/" })
    .resolves({
      Contents: ["dump", "manifest.json"].map((end) => ({ Key: `neon-dumps/a.${end}`, LastModified })),
    })
    .on(ListObjectsV2Command, { Prefix: "rds-dumps/" })
    .resolves({});
  const found = await run(newestDump, {});
  expect(found.summary).toBe("neon-dumps/a.dump, 21 days old, of 1 dump");
  expect(problems(found)).toEqual([
    { severity: "warning", message: "the newest dump is 21 days old", heals: false },
  ]);
});

describe("fixes", () => {
  const fixes = async (found: Promise<Finding>) => ((await found).problems ?? []).map(({ fix }) => fix);

  test("a missing part of the active mode is created by an activation, which checks before it deploys", async () => {
    mockClient(ECSClient).on(DescribeClustersCommand).resolves({ clusters: [] });
    const services = () => Promise.resolve(new Map([["dev-shop-backend", undefined]]));
    const command = "pnpm activate";
    expect(await fixes(run(ecsCluster, { ecs_cluster_name: "c", dev_activated: true }))).toEqual([
      { text: "Create the cluster again", command },
    ]);
    expect(await fixes(run(ecsServices, { ecs_cluster_name: "c" }, { services }))).toEqual([
      { text: "Create the service again", command },
    ]);
  });

  test("an AWS command names the region of the environment", async () => {
    const DBInstances = [{ DBInstanceStatus: "failed", DBInstanceIdentifier: "db" }];
    mockClient(RDSClient).on(DescribeDBInstancesCommand).resolves({ DBInstances });
    const [fix] = await fixes(
      run(rdsInstance, { database_endpoint: "h:5432", database_secret_arn: "", dev_activated: false }),
    );
    expect(fix && renderFix(fix)).toMatch(
      /aws rds describe-events .* --source-identifier db --region [a-z]+-[a-z]+-\d$/,
    );
  });
});

test("deployed-images reports that there is nothing to check", async () => {
  const services = () => Promise.resolve(new Map([["dev-shop-backend", undefined]]));
  expect(await run(deployedImages, {}, { services })).toMatchObject({
    summary: "nothing to check: no service has an image",
    problems: [],
  });
});
