/** The checks of the active mode, in every unhealthy state that the emulator supports. */
import { BatchDeleteImageCommand } from "@aws-sdk/client-ecr";
import {
  CreateServiceCommand,
  DeleteClusterCommand,
  DeleteServiceCommand,
  RunTaskCommand,
  StopTaskCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { ACMClient, RequestCertificateCommand } from "@aws-sdk/client-acm";
import {
  DeleteLoadBalancerCommand,
  DeregisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";
import { DeregisterInstanceCommand } from "@aws-sdk/client-servicediscovery";
import { resourceNames, type ResourceNames } from "@pilot-light/core/contract";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CheckResult } from "../src/documents.ts";
import { startOwnEmulator, type OwnEmulator } from "./own-emulator.ts";
import { runCheck, runValidation } from "./run-validation.ts";
import {
  createDistribution,
  importCertificate,
  registerInstance,
  type ActiveResources,
} from "./support/active-resources.ts";
import { imageTag } from "./support/basic-resources.ts";
import { createCertificate, domain } from "./support/certificates.ts";
import { createEnvironment, type TestEnvironment } from "./support/environment.ts";

let emulator: OwnEmulator;
let environment: TestEnvironment;
let active: ActiveResources;
let names: ResourceNames;

beforeAll(async () => {
  emulator = await startOwnEmulator();
});
afterAll(() => emulator[Symbol.asyncDispose]());

beforeEach(async () => {
  environment = await createEnvironment(emulator.sandbox, { mode: "active" });
  if (environment.active === undefined) throw new Error("not active");
  ({ active } = environment);
  names = resourceNames(environment.project);
});
afterEach(async () => {
  await environment[Symbol.asyncDispose]();
});

const check = (id: string) => runCheck(id, environment.env);
const messages = (result: CheckResult) => result.problems.map(({ message }) => message);

test.each([
  ["ecs_cluster_name", "ecs-cluster"],
  ["backend_service_name", "ecs-services"],
  ["prometheus_service_name", "ecs-services"],
  ["cloudfront_domain_name", "alb-health"],
  ["cloudfront_distribution_id", "cloudfront"],
  ["service_discovery_namespace", "service-discovery"],
] as const)("an empty output %s is a failure of %s", async (output, id) => {
  await environment.writeOutputs({ [output]: "" });
  const result = await check(id);
  expect(result).toMatchObject({ status: "failed", error: { code: "OUTPUT_EMPTY" } });
  expect(messages(result)).toEqual([
    expect.stringContaining(`The output ${output} is empty, but the environment is active`),
  ]);
});

describe("ecs-cluster", () => {
  test("a missing cluster fails, and its services are skipped with the reason", async () => {
    await environment.writeOutputs({ ecs_cluster_name: "no-such-cluster" });
    const report = await runValidation(environment.env, { only: ["alb-health"] });
    expect(report.checks.map(({ id, status, summary }) => [id, status, summary]).slice(2)).toEqual([
      ["ecs-cluster", "failed", "missing"],
      ["ecs-services", "skipped", "skipped: needs ecs-cluster"],
      ["certificate", "passed", expect.stringContaining(domain)],
      ["alb-health", "skipped", "skipped: needs ecs-cluster"],
    ]);
  });

  test("a deleted cluster fails", async () => {
    for (const role of ["frontend", "backend", "prometheus", "grafana"]) {
      const service = `${names.prefix}-${role}`;
      await environment.aws.ecs.send(
        new DeleteServiceCommand({ cluster: active.cluster, service, force: true }),
      );
    }
    await environment.aws.ecs.send(new DeleteClusterCommand({ cluster: active.cluster }));
    expect(messages(await check("ecs-cluster"))).toEqual([
      expect.stringMatching(/the cluster has status INACTIVE|there is no ECS cluster/),
    ]);
  });
});

describe("ecs-services", () => {
  const backend = () => ({ cluster: active.cluster, service: `${names.prefix}-backend` });

  test("fewer tasks than desired fail with the reason of the last stopped task, and may heal", async () => {
    const { cluster, service } = backend();
    await environment.aws.ecs.send(new DeleteServiceCommand({ cluster, service, force: true }));
    await environment.aws.ecs.send(
      new CreateServiceCommand({ cluster, serviceName: service, taskDefinition: service, desiredCount: 3 }),
    );
    const { tasks = [] } = await environment.aws.ecs.send(
      new RunTaskCommand({ cluster, taskDefinition: service, launchType: "FARGATE" }),
    );
    const reason = "CannotPullContainerError: abc123 not found";
    await environment.aws.ecs.send(new StopTaskCommand({ cluster, task: tasks[0]?.taskArn, reason }));
    const result = await check("ecs-services");
    expect(result.summary).toBe("frontend 2/2, backend 2/3, prometheus 2/2, grafana 2/2");
    expect(result.problems).toEqual([
      expect.objectContaining({
        severity: "failure",
        message: `${service}: 2 of 3 tasks run (last stopped: ${reason})`,
        heals: true,
      }),
    ]);
  });

  test("a missing Prometheus fails", async () => {
    const service = `${names.prefix}-prometheus`;
    await environment.aws.ecs.send(
      new DeleteServiceCommand({ cluster: active.cluster, service, force: true }),
    );
    const result = await check("ecs-services");
    expect(result.status).toBe("failed");
    expect(messages(result)).toEqual([expect.stringContaining(service)]);
  });

  test("a service that is scaled down to nothing fails", async () => {
    await environment.aws.ecs.send(new UpdateServiceCommand({ ...backend(), desiredCount: 0 }));
    expect(messages(await check("ecs-services"))).toEqual([
      `${names.prefix}-backend: the desired number of tasks is 0`,
    ]);
  });
});

describe("deployed-images", () => {
  test("an image that ECR has deleted fails", async () => {
    const repositoryName = names.ecrRepositories.backend;
    await environment.aws.ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag }] }));
    const result = await check("deployed-images");
    expect(result.status).toBe("failed");
    expect(messages(result)).toEqual([
      `ECR no longer has ${repositoryName}:${imageTag}: the next task cannot start`,
    ]);
  });
});

describe("task-secrets", () => {
  test("a secret that no longer exists fails, because the next task cannot start", async () => {
    const SecretId = `${names.prefix}-resend-api-key`;
    expect(await check("task-secrets")).toMatchObject({ status: "passed", summary: "1 task with 1 secret" });
    const { ARN = "" } = await environment.aws.secretsManager.send(
      new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }),
    );
    expect(messages(await check("task-secrets"))).toEqual([
      `${names.prefix}-backend: there is no secret ${ARN.split(":").at(-1) ?? ""}: the next task cannot start`,
    ]);
  });
});

describe("target-health", () => {
  test("a group without targets fails, and may heal", async () => {
    const TargetGroupArn = active.targetGroupArns.backend;
    const Targets = [{ Id: "10.0.0.11" }, { Id: "10.0.1.12" }];
    await environment.aws.loadBalancing.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets }));
    const result = await check("target-health");
    expect(result.problems).toEqual([
      expect.objectContaining({ message: "back-tg: no task is registered as a target", heals: true }),
    ]);
  });

  test("a missing load balancer fails", async () => {
    const LoadBalancerArn = active.loadBalancerArn;
    await environment.aws.loadBalancing.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
    expect(await check("target-health")).toMatchObject({
      status: "failed",
      error: { code: "LOAD_BALANCER_MISSING" },
    });
  });
});

describe("certificate", () => {
  test("a certificate that waits for its DNS records fails, may heal, and skips alb-health", async () => {
    const request = new RequestCertificateCommand({ DomainName: domain, ValidationMethod: "DNS" });
    const { CertificateArn } = await environment.aws.acm.send(request);
    await environment.writeOutputs({ acm_certificate_arn: CertificateArn });
    const { checks } = await runValidation(environment.env, { only: ["alb-health"] });
    const [certificate, health] = checks.slice(-2);
    expect(certificate).toMatchObject({
      status: "failed",
      problems: [{ message: `${domain}: the certificate waits for its DNS records`, heals: true }],
    });
    expect(health).toMatchObject({ status: "skipped", blockedBy: "certificate" });
  });

  test.each([
    [{ days: 20 }, [`${domain}: the certificate expires in 19 days, and ACM has not renewed it`]],
    [{ names: [domain] }, [`${domain}: the certificate does not cover grafana.${domain}`]],
    [{ names: [`*.example.com`] }, []],
  ])("a certificate with %j has the problems %j", async (options, expected) => {
    const arn = await importCertificate(environment.aws, await createCertificate(options));
    await environment.writeOutputs({ acm_certificate_arn: arn });
    const result = await check("certificate");
    expect(result.status).toBe(expected.length > 0 ? "warning" : "passed");
    expect(messages(result)).toEqual(expected);
  });

  test("outside of us-east-1, CloudFront's certificate is checked in us-east-1, and the load balancer's in its region", async () => {
    const credentials = { accessKeyId: "testing", secretAccessKey: "testing" };
    const acm = new ACMClient({ endpoint: emulator.url, region: "eu-west-1", credentials });
    const balancer = await importCertificate({ acm }, await createCertificate());
    const cdn = await importCertificate(environment.aws, await createCertificate({ days: 20 }));
    await environment.writeOutputs({ acm_certificate_arn: balancer, cdn_certificate_arn: cdn });
    const env = { ...environment.env, AWS_REGION: "eu-west-1" };
    const result = await runCheck("certificate", env);
    expect(result.summary).toBe(
      `${domain} (eu-west-1) ISSUED, 299 days left, ${domain} (us-east-1) ISSUED, 19 days left`,
    );
    expect(result.problems).toEqual([
      expect.objectContaining({
        message: `${domain} (us-east-1): the certificate expires in 19 days, and ACM has not renewed it`,
        fix: `Inspect the certificate:  aws acm describe-certificate --certificate-arn ${cdn} --region us-east-1`,
      }),
    ]);
  });

  test("a missing certificate fails", async () => {
    const arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000";
    await environment.writeOutputs({ acm_certificate_arn: arn });
    expect(await check("certificate")).toMatchObject({ error: { code: "CERTIFICATE_MISSING" } });
  });

  test("no domain is a warning", async () => {
    await environment.writeOutputs({ acm_certificate_arn: "" });
    expect(await check("certificate")).toMatchObject({ status: "warning" });
  });
});

describe("cloudfront", () => {
  test("a disabled distribution fails although it is deployed", async () => {
    const id = await createDistribution(environment.aws, names, environment.outputs.alb_dns_name, false);
    await environment.writeOutputs({ cloudfront_distribution_id: id });
    const result = await check("cloudfront");
    expect(result.summary).toContain("Deployed, disabled");
    expect(messages(result)).toEqual([`the distribution ${id} is disabled`]);
  });

  test("an origin other than the load balancer fails", async () => {
    const id = await createDistribution(environment.aws, names, "old-alb.example.com");
    await environment.writeOutputs({ cloudfront_distribution_id: id });
    expect(messages(await check("cloudfront"))).toEqual([
      expect.stringMatching(
        /^the origins of the distribution \(old-alb\.example\.com\) do not include the load balancer/,
      ),
    ]);
  });

  test("a missing distribution fails", async () => {
    await environment.writeOutputs({ cloudfront_distribution_id: "E000000000000" });
    expect(messages(await check("cloudfront"))).toEqual([
      "there is no CloudFront distribution E000000000000",
    ]);
  });
});

describe("service-discovery", () => {
  test("fewer instances than tasks fail", async () => {
    const ServiceId = active.discoveryServices.grafana;
    await environment.aws.serviceDiscovery.send(
      new DeregisterInstanceCommand({ ServiceId, InstanceId: "task-1" }),
    );
    expect(messages(await check("service-discovery"))).toEqual(["grafana: 1 registered, 2 tasks run"]);
  });

  test("more instances than tasks fail, because clients would connect to a task that no longer runs", async () => {
    await registerInstance(environment.aws, active.discoveryServices.backend, "task-3");
    expect(messages(await check("service-discovery"))).toEqual(["backend: 3 registered, 2 tasks run"]);
  });

  test("a missing namespace fails", async () => {
    await environment.writeOutputs({ service_discovery_namespace: "other.local" });
    expect(messages(await check("service-discovery"))).toEqual([
      "there is no Cloud Map namespace other.local",
    ]);
  });
});

describe("leftovers", () => {
  test("resources of the active mode fail in pilot light, with their cost", async () => {
    await environment.writeOutputs({ dev_activated: false });
    const report = await runValidation(environment.env, { only: ["leftovers"] });
    const result = report.checks.at(-1);
    expect(report.mode).toBe("pilot-light");
    expect(result?.status).toBe("failed");
    // The emulator lists distributions without their origins, so leftovers.test.ts tests the distribution.
    expect(result?.summary).toBe("3 resources left, $89.01 a month");
    expect(result?.problems.map(({ message }) => message)).toEqual([
      `load balancer ${names.prefix}-alb: $16.43 a month`,
      `ECS cluster ${active.cluster} with 8 running tasks: $72.08 a month`,
      `Cloud Map namespace ${names.serviceDiscoveryNamespace}: $0.50 a month`,
    ]);
  });
});
