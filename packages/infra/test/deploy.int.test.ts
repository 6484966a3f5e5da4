/**
 * The environment from the first deployment to its deletion: the real CLI, the real terraform and the real AWS provider, against the
 * emulator. Every deployment takes a minute or two there, so all tests of a part share one deployment.
 */
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Outputs, outputsSchema } from "@pilot-light/core/contract";
import { startBudgets } from "@pilot-light/sandbox/aws/budgets";
import { motoUrl } from "@pilot-light/sandbox/aws/moto";
import type { LoopbackServer } from "@pilot-light/sandbox/loopback-server";
import type {} from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { z } from "zod";
import { ecr, imageManifest, isInS3, region } from "./emulator.ts";
import { type Recorder, startRecorder } from "./recorder.ts";
import { type Ids, Workplace, root, succeeds } from "@pilot-light/sandbox/workplace";

const project = "pilot-test";
const domain = ["--var", "domain_name=dev.example.com"];
const github = ["--var", "github_repository=acme/shop", "--var", "ci_user_enabled=true"];
const repositories = ["backend", "frontend", "grafana"].map((name) => `${project}/${name}`);

const budget = { TF_VAR_budget_monthly_usd: "20", TF_VAR_budget_email: "ops@example.com" };

let workplace: Workplace;
let moto = "";
let budgets: LoopbackServer;
let recorder: Recorder;
let always: Ids = new Map();

beforeAll(async () => {
  moto = motoUrl(inject("sandbox").moto);
  budgets = await startBudgets(moto);
  recorder = await startRecorder(`http://${budgets.address}`);
  workplace = await Workplace.create({ project, region, endpoint: recorder.url, variables: budget });
});

afterAll(async () => {
  await workplace[Symbol.asyncDispose]();
  await recorder[Symbol.asyncDispose]();
  await budgets[Symbol.asyncDispose]();
});

describe("deployed for the first time", () => {
  let deployed: unknown;
  beforeAll(async () => {
    deployed = await workplace.deploy();
    always = await workplace.ids();
  });

  it("is in pilot light, with outputs that the contract accepts", () => {
    expect(outputsOf(deployed)).toMatchObject({
      dev_activated: false,
      database_endpoint: expect.stringMatching(/^pilot-test-dev-db\..+:5432$/) as string,
      database_host: expect.stringMatching(/^pilot-test-dev-db\.[^:]+$/) as string,
      database_port: 5432,
      database_name: "pilot_test",
      database_secret_arn: expect.stringMatching(/^arn:aws:secretsmanager:/) as string,
      vpc_id: expect.stringMatching(/^vpc-/) as string,
      ecs_cluster_name: "",
      service_discovery_namespace: "",
      cloudfront_distribution_id: "",
      acm_certificate_validation_records: [],
      db_backups_bucket_name: "pilot-test-dev-db-backups",
    });
  });

  it("has the resources of the snapshot of this mode", async () => {
    await expect(listing(always)).toMatchFileSnapshot("snapshots/pilot-light.txt");
  });

  it("keeps its state next to the output directory", async () => {
    expect(await readdir(workplace.directory)).toContain("terraform.pilot-test-dev.tfstate");
    expect(await readdir(root)).not.toContain("terraform.pilot-test-dev.tfstate");
  });

  it("leaves no change to a further plan", async () => {
    const plan = await workplace.terraform(["plan", "-input=false"]);
    expect(plan.stdout).toContain("No changes.");
  });

  it("refuses values that AWS would refuse, and names them", async () => {
    const wrong = {
      vpc_cidr: "10.0.0.0/24",
      availability_zones: '["us-east-1a","us-east-1a"]',
      db_backups_retention_days: "1.5",
      db_backup_retention_days: "36",
      db_name: "my-shop",
      db_subnet_group_name: "Mine",
      db_username: "admin",
      db_engine_version: "fifteen",
      db_instance_class: "t3.micro",
      domain_name: "Example",
      private_dns_namespace: "local",
      backend_port: "0",
      frontend_task_cpu: "300",
      prometheus_image: "",
      prometheus_retention_time: "15",
      backend_container_image: "no-tag",
      contact_form_to: "nobody",
      cdn_price_class: "All",
      budget_monthly_usd: "0",
      prometheus_desired_count: "2",
      grafana_desired_count: "2",
      backend_health_check_path: "health",
    };
    const values = Object.entries(wrong).map(([name, value]) => `-var=${name}=${value}`);
    const plan = await workplace.terraform(["plan", "-input=false", "-json", ...values]);
    expect(plan.exitCode).toBe(1);
    for (const name of Object.keys(wrong)) expect(plan.stdout).toContain(`${name} must be`);
  });

  it("cannot be destroyed with the dumps in it", async () => {
    const plan = await workplace.terraform(["plan", "-input=false", "-destroy", "-refresh=false"]);
    expect(plan.exitCode).toBe(1);
    expect(plan.stderr.join(" ")).toMatch(/Instance cannot be destroyed.*aws_s3_bucket\.backups-bucket/);
  });
});

describe("activated, with a domain", () => {
  let deployed: unknown;
  let active: Ids = new Map();
  beforeAll(async () => {
    for (const repositoryName of repositories) {
      await ecr(moto, "PutImage", { repositoryName, imageTag: "v1", imageManifest });
    }
    deployed = await workplace.deploy("--var", "dev_activated=true", ...domain, ...github);
    active = await workplace.ids();
  });

  it("has every output", () => {
    const outputs = outputsOf(deployed);
    expect(Object.entries(outputs).filter(([, value]) => value === "" || value === 0)).toEqual([]);
    expect(outputs).toMatchObject({
      dev_activated: true,
      ecs_cluster_name: "dev-pilot-test-cluster",
      frontend_service_name: "dev-pilot-test-frontend",
      backend_service_name: "dev-pilot-test-backend",
      prometheus_service_name: "dev-pilot-test-prometheus",
      grafana_service_name: "dev-pilot-test-grafana",
      service_discovery_namespace: "pilot-test.local",
      application_url: "https://dev.example.com",
      grafana_url: "https://grafana.dev.example.com",
      // The status at the creation of the certificate.
      acm_certificate_status: expect.stringMatching(/^(PENDING_VALIDATION|ISSUED)$/) as string,
      cloudflare_cname_records: [
        { name: "dev.example.com", target: outputs.cloudfront_domain_name },
        { name: "grafana.dev.example.com", target: outputs.cloudfront_domain_name },
      ],
    });
    expect(outputs.acm_certificate_validation_records).toHaveLength(2);
  });

  it("has the resources of the snapshot of this mode, and keeps the existing ones", async () => {
    expect([...active]).toEqual(expect.arrayContaining([...always]));
    await expect(listing(active)).toMatchFileSnapshot("snapshots/active.txt");
  });

  it("returns the same outputs again", async () => {
    expect(await workplace.output()).toEqual(deployed);
  });

  it("runs the newest image of each repository", async () => {
    const state = await workplace.state();
    for (const name of repositories) expect(state).toContain(`amazonaws.com/${name}@sha256:`);
  });
});

describe("deactivated", () => {
  let deployed: unknown;
  beforeAll(async () => {
    // The protection is taken off for the next part; nothing else differs from the first deployment.
    deployed = await workplace.deploy("--var", "db_deletion_protection=false");
  });

  it("is in pilot light again, with the same resources and ids", async () => {
    expect(outputsOf(deployed)).toMatchObject({
      dev_activated: false,
      ecs_cluster_name: "",
      alb_dns_name: "",
    });
    expect(await workplace.ids()).toEqual(always);
  });
});

describe("destroyed, as docs/runbooks/terraform-cloud.md describes", () => {
  beforeAll(async () => {
    const imageIds = [{ imageTag: "v1" }];
    for (const repositoryName of repositories) {
      await ecr(moto, "BatchDeleteImage", { repositoryName, imageIds });
    }
    const kept = [...always.keys()].filter((address) => address.includes(".backups-bucket_"));
    await succeeds(workplace.terraform(["state", "rm", ...kept]));
    await workplace.destroy();
  });

  it("leaves the dumps and nothing else", async () => {
    expect(await workplace.ids()).toEqual(new Map());
    expect(await isInS3(moto, "pilot-test-dev-db-backups")).toBe(true);
    expect(await isInS3(moto, "dev-pilot-test-profiling-artifacts")).toBe(false);
  });
});

describe("GitHub's role for deployments", () => {
  it("allows all calls that Terraform made in this test, except those that only a person makes", () => {
    const text = readFileSync(join(workplace.stackDirectory, "cdk.tf.json"), "utf8");
    const policies = synthesizedPolicies.parse(JSON.parse(text)).resource.aws_iam_policy;
    const ofDeployments = Object.values(policies).filter(({ name }) => name.includes("-github-deploy-"));
    const allowed = ofDeployments.flatMap(({ policy }) => [
      ...policy.matchAll(/"([a-z0-9-]+:[A-Z]\w*\*?)"/g),
    ]);
    const patterns = allowed.map(([, action = ""]) => new RegExp(`^${action.replace("*", ".*")}$`));
    const missing = [...recorder.actions].filter(
      (action) => !patterns.some((pattern) => pattern.test(action)),
    );
    expect(recorder.actions.size).toBeGreaterThan(120);
    expect(missing.sort()).toEqual(ofPerson);
  });
});

const synthesizedPolicies = z.object({
  resource: z.object({
    aws_iam_policy: z.record(z.string(), z.object({ name: z.string(), policy: z.string() })),
  }),
});

/** The calls that create and delete GitHub's own roles and the user for CI. */
const ofPerson: readonly string[] = [
  "iam:AttachRolePolicy",
  "iam:AttachUserPolicy",
  "iam:CreateOpenIDConnectProvider",
  "iam:CreatePolicy",
  "iam:CreateUser",
  "iam:DeleteOpenIDConnectProvider",
  "iam:DeletePolicy",
  "iam:DeleteUser",
  "iam:DetachRolePolicy",
  "iam:DetachUserPolicy",
  "iam:ListGroupsForUser",
];

/** The outputs of the one stack in a document. `strict`: an output that the contract does not know is an error. */
function outputsOf(document: unknown): Outputs {
  expect(document).toEqual({ "pilot-test-dev": expect.anything() as unknown });
  return outputsSchema.strict().parse(Object.values(document as object)[0]);
}

/** Addresses, one a line. */
function listing(ids: Ids): string {
  return `${[...ids.keys()].sort().join("\n")}\n`;
}
