/**
 * An environment that other Terraform code created, and whose state is where this stack looks for its own. Terraform would delete its
 * database and its bucket and create empty ones: every command that applies refuses, names them, and changes nothing.
 */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import { assertDocument } from "@pilot-light/core/cli/documents";
import { resourceNames } from "@pilot-light/core/contract";
import { run } from "@pilot-light/core/process";
import { documents } from "@pilot-light/lifecycle/documents";
import { motoUrl } from "@pilot-light/sandbox/aws/moto";
import { clientOptions } from "@pilot-light/sandbox/aws/resources";
import type {} from "@pilot-light/sandbox/vitest";
import { Workplace, succeeds } from "@pilot-light/sandbox/workplace";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { z } from "zod";

const project = "legacy-test";
const region = "ap-south-1";
const { stack, backupsBucket, databaseInstance } = resourceNames(project);
const bin = join(import.meta.dirname, "../dist/bin.js");

let workplace: Workplace;
let before: Awaited<ReturnType<typeof everything>>;

beforeAll(async () => {
  const endpoint = motoUrl(inject("sandbox").moto);
  const variables = { PILOT_LIGHT_PRODUCTION_DOMAIN: "none", PILOT_LIGHT_OUTPUTS_FILE: undefined };
  workplace = await Workplace.create({ project, region, endpoint, variables });
  const directory = join(workplace.directory, "hcl");
  await cp(join(import.meta.dirname, "fixtures/existing-environment"), directory, { recursive: true });
  const state = join(workplace.directory, `terraform.${stack}.tfstate`);
  const backend = `terraform {\n  backend "local" {\n    path = ${JSON.stringify(state)}\n  }\n}\n`;
  await writeFile(join(directory, "backend.tf"), backend);
  await succeeds(workplace.terraform(["init", "-input=false"], { directory }));
  const apply = ["apply", "-auto-approve", "-input=false", `-var=project_name=${project}`];
  await succeeds(workplace.terraform(apply, { directory }));
  const object = { Bucket: backupsBucket, Key: "neon-dumps/2026-01-01T00-00-00.dump", Body: "rows" };
  await clients().s3.send(new PutObjectCommand(object));
  before = await everything();
});

afterAll(() => workplace[Symbol.asyncDispose]());

function clients() {
  const options = clientOptions(motoUrl(inject("sandbox").moto), region);
  return { s3: new S3Client(options), rds: new RDSClient(options) };
}

/** The state, and what holds data. */
async function everything() {
  const { s3, rds } = clients();
  const [{ Contents = [] }, { DBInstances = [] }, state] = await Promise.all([
    s3.send(new ListObjectsV2Command({ Bucket: backupsBucket })),
    rds.send(new DescribeDBInstancesCommand()),
    readFile(join(workplace.directory, `terraform.${stack}.tfstate`), "utf8"),
  ]);
  const instances = DBInstances.map(({ DBInstanceIdentifier, InstanceCreateTime, DBName }) => [
    DBInstanceIdentifier,
    InstanceCreateTime,
    DBName,
  ]);
  return { objects: Contents.map(({ Key, ETag }) => [Key, ETag]), instances, state };
}

const failedSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string(),
    details: z.array(z.string()),
    state: z.string().nullable(),
  }),
});

async function command(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await run(process.execPath, [bin, ...args, "--json"], {
    environment: workplace.environment,
    cwd: workplace.directory,
  });
  expect(stdout, stderr.join("\n")).not.toBe("");
  const { error } = failedSchema.parse(assertDocument(documents, JSON.parse(stdout)));
  return { exitCode, error };
}

describe("a state of other Terraform code", () => {
  it("is the one of the fixture: a database, and a bucket with an object", () => {
    expect(before).toMatchObject({
      objects: [["neon-dumps/2026-01-01T00-00-00.dump", expect.any(String)]],
      instances: [[databaseInstance, expect.any(Date), "legacy"]],
    });
  });

  it.each([
    "infra:deploy --yes",
    "infra:deploy --yes --allow-data-loss --allow-unknown-resources --var dev_activated=true",
    "infra:deploy --dry-run",
    "infra:diff",
    "activate --yes",
    "deactivate --yes --no-sync-data --allow-data-loss --allow-unknown-resources",
    "status",
  ])("is refused by `%s`, which names it and changes nothing", async (line) => {
    const { exitCode, error } = await command(...line.split(" "));
    expect({ exitCode, code: error.code, state: error.state }, JSON.stringify(error)).toEqual({
      exitCode: 4,
      code: "STATE_FOREIGN",
      state: "nothing-written",
    });
    expect(error.message).toContain(`${stack} contains 5 resources that other Terraform code created`);
    // What holds data comes first.
    expect(error.details.slice(0, 4).sort()).toEqual([
      expect.stringMatching(
        /^aws_ecr_repository\.services\["backend"\] {2}legacy-test\/backend {2}\(holds images/,
      ),
      expect.stringMatching(
        /^aws_ecr_repository\.services\["frontend"\] {2}legacy-test\/frontend {2}\(holds/,
      ),
      `aws_s3_bucket.db_backups  ${backupsBucket}  (holds objects)`,
      `module.rds.aws_db_instance.main  ${databaseInstance}  (holds the rows of its databases)`,
    ]);
    expect(error.details[4]).toBe(`aws_iam_role.tasks[0]  dev-${project}-backend-task-role`);
    expect(error.hint).toContain("docs/runbooks/existing-environment.md");
    expect(error.hint).not.toContain("infra:deploy");
    expect(await everything()).toEqual(before);
  });
});
