/** The stack deployed as a user does it: the real CLI, the real terraform, the real AWS provider, against the emulator. */
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { outputsSchema } from "@pilot-light/core/contract";
import { type Environment, processEnvironment } from "@pilot-light/core/env";
import { type RunResult, run } from "@pilot-light/core/process";
import { type TerraformSetup, prepareTerraform } from "@pilot-light/core/terraform/cli-config";
import { motoUrl } from "@pilot-light/sandbox/aws/moto";
import type {} from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const minutes = 60_000;

let directory = "";
let environment: Environment = {};
let terraform: TerraformSetup = { environment: {}, cdktfFlags: [] };
let deployed: unknown;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "infra-deploy-"));
  terraform = await prepareTerraform(processEnvironment(), directory);
  environment = {
    ...processEnvironment(),
    ...terraform.environment,
    AWS_ENDPOINT_URL: motoUrl(inject("sandbox").moto),
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
    // Not the sandbox's own region: moto gives every RDS instance of a region the same resource id, by which the provider reads it.
    AWS_REGION: "eu-west-1",
    PROJECT_NAME: "pilot-test",
    CI: "1",
  };
  // RDS alone takes more than a minute on the emulator: one deployment for all tests of this file.
  await cdktf(
    "deploy",
    "--auto-approve",
    ...terraform.cdktfFlags,
    "--outputs-file",
    join(directory, "deployed.json"),
  );
  deployed = JSON.parse(await readFile(join(directory, "deployed.json"), "utf8"));
}, 6 * minutes);

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("cdktf deploy", () => {
  it("creates the first slice and writes outputs that the contract accepts", () => {
    const outputs = outputsSchema.strict().parse(stackOutputs(deployed));
    expect(outputs).toMatchObject({
      database_endpoint: expect.stringMatching(/^pilot-test-dev-db\..+:5432$/) as string,
      database_port: 5432,
      database_name: "pilot_test",
      database_secret_arn: expect.stringMatching(/^arn:aws:secretsmanager:/) as string,
      dev_activated: false,
      vpc_id: expect.stringMatching(/^vpc-/) as string,
      ecs_cluster_name: "",
      db_backups_bucket_name: "pilot-test-dev-db-backups",
      db_backups_bucket_arn: "arn:aws:s3:::pilot-test-dev-db-backups",
    });
  });

  it("keeps its state beside the output directory", async () => {
    expect(await readdir(directory)).toContain("terraform.pilot-test-dev.tfstate");
    expect(await readdir(root)).not.toContain("terraform.pilot-test-dev.tfstate");
  });
});

describe("cdktf output", () => {
  it("gives the same document as the deployment", async () => {
    const file = join(directory, "outputs.json");
    await cdktf("output", ...terraform.cdktfFlags, "--outputs-file", file);
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual(deployed);
  });
});

describe("terraform", () => {
  it("finds nothing to change after the deployment", async () => {
    const plan = await terraformPlan();
    expect(plan.stdout).toContain("No changes.");
  });

  it("refuses values that AWS would refuse, and says which", async () => {
    const wrong = {
      vpc_cidr: "10.0.0.0/24",
      availability_zones: '["us-east-1a","us-east-1a"]',
      db_backups_retention_days: "1.5",
      db_backup_retention_days: "36",
      db_name: "my-shop",
      db_username: "admin",
      db_engine_version: "fifteen",
      db_instance_class: "t3.micro",
      db_final_snapshot_suffix: "-",
    };
    const plan = await terraformPlan(
      "-json",
      ...Object.entries(wrong).map(([name, value]) => `-var=${name}=${value}`),
    );
    expect(plan.exitCode).toBe(1);
    for (const name of Object.keys(wrong)) expect(plan.stdout).toContain(`${name} must be`);
  });

  it("refuses to destroy the bucket with the dumps", async () => {
    const plan = await terraformPlan("-destroy", "-refresh=false");
    expect(plan.exitCode).toBe(1);
    expect(plan.stderr.join(" ")).toMatch(/Instance cannot be destroyed.*aws_s3_bucket\.backups-bucket/);
  });
});

async function cdktf(command: string, ...args: readonly string[]): Promise<RunResult> {
  const output = ["--output", join(directory, "cdktf.out")];
  const program = join(root, "node_modules/.bin/cdktf");
  return succeeds(run(program, [command, ...output, ...args], { environment, cwd: root }));
}

async function terraformPlan(...args: readonly string[]): Promise<RunResult> {
  const stack = join(directory, "cdktf.out/stacks/pilot-test-dev");
  return run("terraform", [`-chdir=${stack}`, "plan", "-no-color", "-input=false", ...args], { environment });
}

/** @throws with the end of the program's output when it failed. */
async function succeeds(running: Promise<RunResult>): Promise<RunResult> {
  const result = await running;
  if (result.exitCode === 0) return result;
  throw new Error([`exit code ${result.exitCode}`, result.stdout.slice(-4000), ...result.stderr].join("\n"));
}

function stackOutputs(document: unknown): unknown {
  expect(document).toEqual({ "pilot-test-dev": expect.anything() as unknown });
  return Object.values(document as object)[0];
}
