/** `pnpm run doctor` and `pnpm configure` as a person runs them: on an empty machine, in the sandbox, and with each problem that they detect. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AllocateAddressCommand,
  CreateVpcCommand,
  EC2Client,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import { DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { assertDocument } from "@pilot-light/core/cli/documents";
import { processEnvironment, type Environment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";
import { documents, type Examination } from "@pilot-light/lifecycle/documents";
import { motoUrl } from "@pilot-light/sandbox/aws/moto";
import { clientOptions } from "@pilot-light/sandbox/aws/resources";
import { neonHost } from "@pilot-light/sandbox/names";
import { startNeonApi } from "@pilot-light/sandbox/neon-api";
import { runInTerminal } from "@pilot-light/sandbox/terminal";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { linesTooLong, transcriptOf } from "@pilot-light/sandbox/transcript";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { root } from "@pilot-light/sandbox/workplace";
import { afterAll, beforeAll, expect, test } from "vitest";

const bin = join(root, "packages/lifecycle/dist/bin.js");
const { PATH = "" } = processEnvironment();

let pair: Pair;
let home: string;
beforeAll(async () => {
  pair = await createPair(testSandbox(), { neon: "app", rds: "app" });
  home = await mkdtemp(join(tmpdir(), "pilot-light-doctor-"));
});
afterAll(async () => {
  await pair.dispose();
  await rm(home, { recursive: true, force: true });
});

/** The environment of an empty machine: no credentials, no settings. The programs are those of this machine. */
const nothing = (): Environment => ({ PATH, HOME: home, AWS_EC2_METADATA_DISABLED: "true" });

async function examine(environment: Environment, cwd = root, ...args: readonly string[]) {
  const result = await run(process.execPath, ["--", bin, "doctor", "--json", ...args], {
    environment: { npm_config_user_agent: "pnpm/12.21.0", ...environment },
    cwd,
  });
  const document = assertDocument(documents, JSON.parse(result.stdout)) as Examination & { outcome: string };
  expect(document.outcome, result.stdout).not.toBe("failed");
  const found = Object.fromEntries(document.checks.map((check) => [check.id, check]));
  return { ...result, document, check: (id: string) => found[id] };
}

test("in the sandbox, everything that a sync needs works", async () => {
  const { exitCode, document, check } = await examine(pair.env);
  // Other tests create VPCs in the same emulator.
  const failed = document.checks.filter(({ status }) => status === "failed");
  expect(failed.filter(({ id }) => !id.endsWith("-quota"))).toEqual([]);
  expect(exitCode).toBe(failed.length === 0 ? 0 : 1);
  expect(check("neon")).toMatchObject({
    status: "passed",
    summary: expect.stringContaining("CREATEDB") as string,
  });
  expect(check("rds")?.status).toBe("passed");
  expect(check("rds-route")?.summary).toContain("via address: RDS_HOSTADDR is");
  expect(document.settings.variables).toContainEqual({ name: "RDS_HOSTADDR", from: "environment" });
});

test("on an empty machine it explains the first steps", async () => {
  const { exitCode, document, check } = await examine(nothing());
  expect(exitCode).toBe(1);
  expect(document).toMatchObject({ outcome: "not ready", mode: null, account: null });
  expect(check("aws-credentials")?.problems[0]?.fix).toContain("aws sso login");
  expect(check("neon")?.problems[0]?.fix).toContain("pnpm configure");
  expect(check("terraform-outputs")).toMatchObject({ status: "skipped" });
  expect(check("rds")).toMatchObject({ status: "skipped", blockedBy: "aws-credentials" });
});

test("the settings file gives the variables, doctor states where each is from, and no secret is printed", async () => {
  const file = join(home, "settings.env");
  const { NEON_DATABASE_URL = "", ...rest } = pair.env;
  await writeFile(file, `NEON_DATABASE_URL="${NEON_DATABASE_URL}"\nAWS_REGION=eu-west-1\nPROJECT_NAMEE=x\n`);
  await chmod(file, 0o644);
  const { document, check, stdout, stderr } = await examine(rest, root, "--env-file", file, "--verbose");
  expect(check("neon")?.status).toBe("passed");
  expect(document.settings.file).toBe(file);
  expect(document.settings.variables).toContainEqual({ name: "NEON_DATABASE_URL", from: "file" });
  // The environment has precedence.
  expect(document.settings.variables).toContainEqual({ name: "AWS_REGION", from: "environment" });
  expect(document.region).toBe(pair.env["AWS_REGION"]);
  expect(check("settings")?.problems).toMatchObject([{ message: "no command reads PROJECT_NAMEE" }]);
  expect(stderr.join("\n")).toContain(`can read ${file}, which holds NEON_DATABASE_URL`);
  const password = new URL(NEON_DATABASE_URL.replace("postgresql", "http")).password;
  expect(`${stdout}${stderr.join("\n")}`).not.toContain(password);
});

test("wrong values, missing privileges and missing programs are problems, each with the command that helps", async () => {
  const role = `limited_${pair.project.replaceAll("-", "_")}`;
  await pair.query("neon", `create role ${role} login password 'pw'`);
  try {
    const url = new URL((pair.env["NEON_DATABASE_URL"] ?? "").replace("postgresql", "http"));
    url.username = role;
    url.password = "pw";
    const { exitCode, check } = await examine({
      ...pair.env,
      NEON_DATABASE_URL: url.href.replace("http", "postgresql"),
      AWS_REGION: "nowhere",
      PILOT_LIGHT_PG_BIN: home,
      TERRAFORM_BINARY_NAME: "no-such-terraform",
      RDS_HOSTADDR: "127.0.0.1:1",
    });
    expect(exitCode).toBe(1);
    expect(check("settings")?.problems[0]?.message).toContain('"nowhere" is not an AWS region');
    expect(check("neon")?.problems.map(({ fix }) => fix)).toEqual(
      expect.arrayContaining([expect.stringContaining(`alter role "${role}" createdb;`)]) as string[],
    );
    expect(check("pg-programs")).toMatchObject({ status: "failed" });
    expect(check("terraform")?.problems[0]?.fix).toContain("Install it");
    expect(check("rds")?.status).toBe("failed");
  } finally {
    await pair.query("neon", `drop role ${role}`);
  }
});

test("a key of Neon's API is checked, with the limit of branches", async () => {
  expect((await examine(pair.env)).check("neon-api")).toMatchObject({ status: "skipped" });
  await using api = await startNeonApi(neonHost);
  const environment = { ...pair.env, ...api.variables };
  expect((await examine(environment)).check("neon-api")).toMatchObject({
    status: "passed",
    summary: "production of sandbox-project-000001; 1 of 10 branches",
  });
  const found = await examine({ ...environment, NEON_PROJECT_ID: "" });
  expect(found.check("neon-api")).toMatchObject({ status: "passed" });
  api.keyOf = "project";
  const unknown = await examine({ ...environment, NEON_PROJECT_ID: "" });
  expect(unknown.check("neon-api")).toMatchObject({ error: { code: "NEON_PROJECT_UNKNOWN" } });
  api.limit = 1;
  const full = await examine({ ...environment, NEON_DATABASE_URL: pair.env["NEON_DATABASE_URL"] });
  expect(full.check("neon-api")?.problems[0]?.message).toContain("no room");
  const { check, stdout } = await examine({ ...environment, NEON_API_KEY: "napi_of-another-account" });
  expect(check("neon-api")).toMatchObject({ status: "failed", error: { code: "NEON_KEY_REJECTED" } });
  expect(stdout).not.toContain("napi_");
});

test("a route through Systems Manager needs the plugin, and is not opened", async () => {
  const { check } = await examine(pair.env, root, "--via", "ssm");
  expect(check("rds-route")?.problems[0]?.message).toContain("session-manager-plugin");
  expect(check("rds")).toMatchObject({ status: "skipped", blockedBy: "rds-route" });
});

/** A type as a Terraform state writes it. */
function typeOf(value: unknown): unknown {
  if (Array.isArray(value)) return ["tuple", value.map(typeOf)];
  if (typeof value === "object" && value !== null) {
    return ["object", Object.fromEntries(Object.entries(value).map(([name, part]) => [name, typeOf(part)]))];
  }
  return typeof value === "boolean" ? "bool" : typeof value;
}

test("a state in S3 is read on a new machine, and nothing is written; that of other code is refused", async () => {
  const s3 = new S3Client(clientOptions(motoUrl(testSandbox().state.moto)));
  const outputs = JSON.parse(await readFile(pair.outputsFile, "utf8")) as Record<
    string,
    Record<string, unknown>
  >;
  const stack = `${pair.project}-dev`;
  const key = { Bucket: pair.bucket, Key: `${stack}/terraform.tfstate` };
  const write = async (resources: readonly unknown[]) => {
    const values = Object.entries(outputs[stack] ?? {});
    const state = {
      ...{ version: 4, terraform_version: "1.6.0", serial: 1, lineage: "l", resources, check_results: null },
      outputs: Object.fromEntries(values.map(([name, value]) => [name, { value, type: typeOf(value) }])),
    };
    await s3.send(new PutObjectCommand({ ...key, Body: JSON.stringify(state) }));
  };
  const directory = join(home, "new-machine");
  await mkdir(directory);
  const settings = await readFile(join(root, "cdktf.json"), "utf8");
  await writeFile(
    join(directory, "cdktf.json"),
    settings.replace("packages/infra", join(root, "packages/infra")),
  );
  const environment = { ...pair.env, PILOT_LIGHT_OUTPUTS_FILE: "", TF_STATE_BUCKET: pair.bucket };
  await write([]);
  const read = await examine(environment, directory);
  expect(read.check("terraform-outputs")).toMatchObject({
    status: "passed",
    summary: expect.stringContaining(`read from s3://${pair.bucket}`) as string,
  });
  expect(read.check("rds")?.status).toBe("passed");
  expect(await readdir(directory)).toEqual(["cdktf.json"]);
  expect(await readdir(pair.env["TMPDIR"] ?? "")).toEqual([]);
  const instances = [{ attributes: { identifier: "theirs" } }];
  await write([
    {
      module: "module.rds",
      mode: "managed",
      type: "aws_db_instance",
      name: "main",
      provider: 'provider["registry.terraform.io/hashicorp/aws"]',
      instances,
    },
  ]);
  const foreign = await examine(environment, directory);
  expect(foreign.exitCode).toBe(1);
  expect(foreign.check("terraform-outputs")).toMatchObject({
    status: "failed",
    error: { code: "STATE_FOREIGN" },
  });
  await s3.send(new DeleteObjectCommand(key));
  const empty = await examine(environment, directory);
  expect(empty.check("terraform-outputs")).toMatchObject({ status: "skipped" });
  expect(empty.check("terraform-outputs")?.summary).toContain("nothing is deployed yet");
});

test("a full quota, and a missing role of ECS, are found", async () => {
  const region = "eu-north-1";
  const endpoint = motoUrl(testSandbox().state.moto);
  const ec2 = new EC2Client({ ...clientOptions(endpoint), region });
  for (let index = 0; index < 5; index++) await ec2.send(new CreateVpcCommand({ CidrBlock: "10.9.0.0/16" }));
  const held = await Promise.all(
    Array.from({ length: 4 }, () => ec2.send(new AllocateAddressCommand({ Domain: "vpc" }))),
  );
  // Nothing is deployed, so the next activation creates every resource.
  const directory = join(home, "new-machine");
  const undeployed = { ...pair.env, PILOT_LIGHT_OUTPUTS_FILE: "", TF_STATE_BUCKET: pair.bucket };
  const full = await examine({ ...undeployed, AWS_REGION: region }, directory);
  expect(full.check("vpc-quota")).toMatchObject({ status: "failed" });
  expect(full.check("vpc-quota")?.problems[0]?.fix).toContain("--quota-code L-F678F1CE");
  // The emulator does not know the quota of addresses.
  expect(full.check("address-quota")).toMatchObject({ status: "warning" });
  for (const { AllocationId } of held) await ec2.send(new ReleaseAddressCommand({ AllocationId }));
  const free = await examine({ ...undeployed, AWS_REGION: "eu-south-1" }, directory);
  expect(free.check("vpc-quota")?.status).toBe("passed");
  expect(free.check("address-quota")?.status).toBe("passed");
});

test("configure writes what is given, keeps the rest, and never an argument with a secret", async () => {
  const directory = join(home, "configure");
  await mkdir(directory);
  const file = join(directory, ".env");
  await writeFile(file, "# mine\nTF_CLI_ARGS=-no-color\n", { mode: 0o644 });
  const configure = async (environment: Environment, ...args: readonly string[]) => {
    const result = await run(process.execPath, ["--", bin, "configure", ...args], {
      environment: { ...nothing(), ...environment },
      cwd: directory,
    });
    return { ...result, text: result.stderr.join("\n") };
  };
  expect(await configure({})).toMatchObject({
    exitCode: 2,
    text: expect.stringContaining("NO_SETTINGS_GIVEN") as string,
  });
  const secret = "postgresql://user:very-secret@ep-x.us-east-2.aws.neon.tech/db";
  const refused = await configure({}, "--set", `NEON_DATABASE_URL=${secret}`, "--yes");
  expect(refused).toMatchObject({ exitCode: 2, text: expect.stringContaining("is a secret") as string });
  const invalid = await configure({}, "--set", "AWS_REGION=us-west", "--yes");
  expect(invalid).toMatchObject({
    exitCode: 2,
    text: expect.stringContaining("not an AWS region") as string,
  });
  const both = ["--set", "AWS_REGION=eu-west-1", "--set", "NEON_DATABASE_URL"];
  await configure({ NEON_DATABASE_URL: secret }, ...both, "--dry-run");
  expect(await configure({ NEON_DATABASE_URL: secret }, ...both)).toMatchObject({ exitCode: 4 });
  expect(await readFile(file, "utf8")).toBe("# mine\nTF_CLI_ARGS=-no-color\n");
  const written = await configure({ NEON_DATABASE_URL: secret }, ...both, "--yes");
  expect(written.exitCode, written.text).toBe(0);
  expect(written.text).toContain("+ NEON_DATABASE_URL=(secret)");
  expect(written.text).not.toContain("very-secret");
  expect(await readFile(file, "utf8")).toBe(
    `# mine\nTF_CLI_ARGS=-no-color\nAWS_REGION=eu-west-1\nNEON_DATABASE_URL=${secret}\n`,
  );
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("on a terminal, configure asks, checks what is typed, and asks before it writes", async () => {
  const directory = join(home, "asked");
  await mkdir(directory);
  const { exitCode, output } = await runInTerminal(
    [process.execPath, "--", bin, "configure"],
    { environment: nothing(), directory },
    { question: "NEON_DATABASE_URL", answer: () => "\r" },
    { question: "AWS_PROFILE", answer: () => "\r" },
    { question: "AWS_REGION", answer: () => "us-west\r" },
    { question: "is not an AWS region", answer: () => "-2\r" },
    { question: "PROJECT_NAME", answer: () => "shop\r" },
    { question: "PILOT_LIGHT_ACCOUNT_ID", answer: () => "\r" },
    { question: "TF_CLOUD_ORGANIZATION", answer: () => "\r" },
    { question: "TF_STATE_BUCKET", answer: () => "\r" },
    { question: "PILOT_LIGHT_PRODUCTION_DOMAIN", answer: () => "none\r" },
    { question: "to continue", answer: () => ".env\r" },
  );
  expect(exitCode, output).toBe(0);
  expect(await readFile(join(directory, ".env"), "utf8")).toBe(
    "AWS_REGION=us-west-2\nPROJECT_NAME=shop\nPILOT_LIGHT_PRODUCTION_DOMAIN=none\n",
  );
});

/** Compares with docs/transcripts; `vitest --update` writes them. */
async function expectTranscript(name: string, environment: Environment): Promise<void> {
  const text = await transcriptOf({
    shown: "pnpm run doctor",
    command: [process.execPath, "--", bin, "doctor"],
    environment: { npm_config_user_agent: "pnpm/12.21.0", ...environment },
    directory: root,
    replacements: [
      [new RegExp(pair.project, "g"), "davidshaev".slice(0, pair.project.length)],
      [/neondb_[0-9a-f]{8}/g, "neondb"],
      [/davidshaevel_[0-9a-f]{8}/g, "davidshaevel"],
      [/\bPostgreSQL \d+(\.\d+)?/g, "PostgreSQL 16.4"],
      [/Node\.js \d+\.\d+\.\d+/g, "Node.js 22.12.0"],
      [/Terraform \d+\.\d+\.\d+/g, "Terraform 1.9.0"],
      [/pg_dump \d[\d., ]*;/g, "pg_dump 16.4;"],
      [/\d+\.\d+ GB free in \S+/g, "80.00 GB free in /tmp"],
    ],
  });
  expect(linesTooLong(text)).toEqual([]);
  await expect(text).toMatchFileSnapshot(`../../../docs/transcripts/${name}.txt`);
}

test("transcripts: an empty machine", async () => {
  // Whether other machines have these programs must not matter.
  const programs = join(home, "programs");
  await mkdir(programs);
  for (const name of ["pg_dump", "pg_restore"]) {
    await writeFile(join(programs, name), `#!/bin/sh\necho "${name} (PostgreSQL) 18.1"\n`, { mode: 0o755 });
  }
  await expectTranscript("doctor-nothing-set", { ...nothing(), PATH: `${programs}:${PATH}` });
});
