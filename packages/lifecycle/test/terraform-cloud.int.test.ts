/**
 * A state in Terraform Cloud, with the execution mode "local": the real Terraform, and a stand-in for the service. The stack is a
 * small one with the outputs of the contract until a command synthesizes the real one, of which nothing is deployed here.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Printer } from "@pilot-light/core/output/printer";
import { resourceNames } from "@pilot-light/core/contract";
import type { Environment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";
import { Journal } from "@pilot-light/lifecycle/journal/journal";
import { Stack } from "@pilot-light/lifecycle/terraform/stack";
import { motoUrl } from "@pilot-light/sandbox/aws/moto";
import { createBucket, emulatorCredentials } from "@pilot-light/sandbox/aws/resources";
import { writeOutputs } from "@pilot-light/sandbox/outputs-file";
import { startTerraformCloud, type TerraformCloud } from "@pilot-light/sandbox/terraform-cloud";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { succeeds, Workplace } from "@pilot-light/sandbox/workplace";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { z } from "zod";
import { parseDocument, type CommandRun } from "./environment.ts";

const project = "cloud-test";
const region = "us-east-1";
const names = resourceNames(project);
const bin = join(import.meta.dirname, "../dist/bin.js");
const aws = { AWS_REGION: region, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
const documentSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

let cloud: TerraformCloud;
let workplace: Workplace;
let stack: Stack;

beforeAll(async () => {
  const endpoint = motoUrl(testSandbox().state.moto);
  workplace = await Workplace.create({ project, region, endpoint });
  cloud = await startTerraformCloud(names.stack, join(workplace.directory, "ca.pem"));
  Object.assign(workplace.environment, cloud.variables, { PILOT_LIGHT_PRODUCTION_DOMAIN: "none" });
  // The SDK reads these itself.
  for (const [name, value] of Object.entries({ ...aws, AWS_ENDPOINT_URL: endpoint })) vi.stubEnv(name, value);
  await createBucket(endpoint, names.backupsBucket);

  await mkdir(workplace.stackDirectory, { recursive: true });
  await writeFile(join(workplace.stackDirectory, "cdk.tf.json"), JSON.stringify(await smallStack()));
  await succeeds(workplace.terraform(["init", "-input=false"]));
  const workDirectory = join(workplace.directory, "work");
  await mkdir(workDirectory);
  const printer = new Printer({ environment: {}, verbose: false, json: true });
  const { signal } = new AbortController();
  const { directory, environment } = workplace;
  stack = await Stack.create({ name: names.stack, directory, workDirectory, environment, printer, signal });
});

afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
  await workplace[Symbol.asyncDispose]();
});

/** Two resources that need no provider, named as an earlier version of the stack names its own, and every output of an environment in pilot light. */
async function smallStack() {
  const file = join(workplace.directory, "outputs.json");
  await writeOutputs(file, { project, database: "app", secretArn: "" });
  const outputs = documentSchema.parse(JSON.parse(await readFile(file, "utf8")))[names.stack] ?? {};
  return {
    terraform: { cloud: { organization: "acme", workspaces: { name: names.stack } } },
    variable: { size: { type: "number", default: 1 } },
    resource: { terraform_data: { any_0A1B2C3D: { count: "${var.size}" } } },
    output: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value }])),
  };
}

/** Runs a command as a user does. */
async function command(args: readonly string[], variables: Environment = {}): Promise<CommandRun> {
  const { directory, environment } = workplace;
  const { exitCode, stdout, stderr } = await run(process.execPath, [bin, ...args], {
    environment: { ...environment, ...variables },
    cwd: directory,
  });
  const text = `exit ${exitCode}\n${stdout}\n${stderr.join("\n")}`;
  return { exitCode, stdout, stderr: stderr.join("\n"), text };
}

async function storedJournal(): Promise<unknown> {
  const endpoint = motoUrl(testSandbox().state.moto);
  const client = new S3Client({ endpoint, region, credentials: emulatorCredentials, forcePathStyle: true });
  const Key = `${names.stack}/lifecycle.json`;
  const { Body } = await client.send(new GetObjectCommand({ Bucket: names.backupsBucket, Key }));
  return JSON.parse((await Body?.transformToString()) ?? "");
}

it("is planned under the lock of the workspace, and Terraform applies exactly the saved plan", async () => {
  const before = cloud.requests.length;
  const plan = await stack.plan(await stack.state(), [{ name: "size", value: "2" }]);
  expect(plan.changes).toHaveLength(2);
  expect(plan.remoteRun).toBeUndefined();
  const seen = cloud.requests.slice(before);
  expect(seen.filter((request) => request.includes("/actions/"))).toEqual([
    "POST workspaces/ws-1/actions/lock",
    "POST workspaces/ws-1/actions/unlock",
  ]);
  const made: string[] = [];
  const applied = await stack.apply(
    plan,
    ({ type, hook }) => {
      if (type === "apply_complete") made.push(hook.resource.addr);
    },
    () => undefined,
  );
  expect(applied).toMatchObject({ exitCode: 0, diagnostics: [] });
  expect(made.sort()).toEqual(["terraform_data.any_0A1B2C3D[0]", "terraform_data.any_0A1B2C3D[1]"]);
  expect(await stack.outputs()).toMatchObject({ project_name: project, dev_activated: false });
  expect((await stack.state()).resources).toHaveLength(2);
  expect(cloud.locked).toBe(false);
});

it("that has changed after the plan: the change is reported", async () => {
  const plan = await stack.plan(await stack.state(), [{ name: "size", value: "2" }]);
  await stack.assertCurrent(plan);
  await succeeds(workplace.terraform(["apply", "-auto-approve", "-input=false", "-var=size=3"]));
  await expect(stack.assertCurrent(plan)).rejects.toMatchObject({ code: "STATE_CHANGED", exit: 4 });
});

it("that is locked: the error names the workspace and not the refused run, and the hint removes the lock", async () => {
  cloud.locked = true;
  const error: unknown = await stack.plan(await stack.state(), []).catch((problem: unknown) => problem);
  expect(error).toMatchObject({
    code: "STATE_LOCKED",
    exit: 4,
    message: `Another run or a person has locked the Terraform Cloud workspace acme/${names.stack}.`,
  });
  const id = /force-unlock (\S+)/.exec(z.object({ hint: z.string() }).parse(error).hint)?.[1] ?? "";
  await succeeds(workplace.terraform(["force-unlock", "-force", id]));
  expect(cloud.locked).toBe(false);
});

it("has its journal in the backups bucket, where status finds it", async () => {
  const { directory, environment } = workplace;
  const { signal } = new AbortController();
  const journal = await Journal.open({ environment, names, directory, signal, cleaningSignal: signal });
  expect(journal.place).toBe(`s3://${project}-dev-db-backups/${project}-dev/lifecycle.json`);
  await journal.begin({
    command: "activate",
    syncData: false,
    createsDatabase: false,
    images: {},
    variables: [],
    secretVariables: [],
    deactivateAt: null,
  });
  expect(await storedJournal()).toMatchObject({ command: "activate", finishedAt: null });
  const result = await command(["status", "--json"]);
  expect(result.exitCode, result.text).toBe(0);
  expect(parseDocument(result)).toMatchObject({ mode: "pilot-light", unfinished: { command: "activate" } });
});

it("cannot be read without a token: the hint logs in", async () => {
  const result = await command(["status", "--json"], {
    [cloud.tokenVariable]: undefined,
    HOME: workplace.directory,
  });
  expect(result.exitCode, result.text).toBe(7);
  const host = cloud.variables["TF_CLOUD_HOSTNAME"] ?? "";
  expect(parseDocument(result).error).toMatchObject({
    code: "TERRAFORM_LOGIN",
    hint: expect.stringContaining(`terraform login ${host}`) as string,
  });
});

async function everything() {
  return { state: await workplace.state(), journal: await storedJournal() };
}

it("is planned for by a dry run with the real stack; nothing is written", async () => {
  const before = await everything();
  const args = ["deactivate", "--dry-run", "--json", "--var", "database_always_on=false"];
  const refused = await command(args);
  expect(refused.exitCode, refused.text).toBe(4);
  expect(parseDocument(refused).error).toMatchObject({ code: "UNKNOWN_RESOURCES", state: "nothing-written" });
  args.push("--allow-unknown-resources");
  const result = await command(args, { TF_CLOUD_PROJECT: "Default Project" });
  expect(result.exitCode, result.text).toBe(0);
  expect(parseDocument(result)).toMatchObject({
    outcome: "planned",
    plan: { from: "pilot-light", terraform: { create: { aws_vpc: 1 }, destroy: { terraform_data: 3 } } },
  });
  expect(await everything()).toEqual(before);
});

it("is not changed by a run whose token is rejected, nor by a run that finds the workspace locked", async () => {
  const before = await everything();
  const refused = await command(["deactivate", "--yes", "--json"], { [cloud.tokenVariable]: "expired" });
  expect(refused.exitCode, refused.text).toBe(7);
  expect(parseDocument(refused).error).toMatchObject({ code: "TERRAFORM_LOGIN", state: "nothing-written" });

  cloud.locked = true;
  const locked = await command(["deactivate", "--yes", "--json"]);
  cloud.locked = false;
  expect(locked.exitCode, locked.text).toBe(4);
  expect(parseDocument(locked).error).toMatchObject({ code: "STATE_LOCKED", state: "nothing-written" });
  expect(await everything()).toEqual(before);
});
