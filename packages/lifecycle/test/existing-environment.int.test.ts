/**
 * An environment that other Terraform code created. If its state is in the place of this stack's state, every command that applies refuses it and
 * changes nothing. `pnpm infra:adopt` takes it over with the real provider: nothing is deleted or replaced, and the mode changes work.
 */
import { cp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { resourceNames } from "@pilot-light/core/contract";
import type { Decide } from "@pilot-light/sandbox/aws/front";
import { motoUrl } from "@pilot-light/sandbox/aws/moto";
import { pushImages } from "@pilot-light/sandbox/aws/images";
import { clientOptions } from "@pilot-light/sandbox/aws/resources";
import { succeeds } from "@pilot-light/sandbox/workplace";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseDocument, TestEnvironment } from "./environment.ts";

const project = "legacy-test";
const region = "ap-south-1";
const { stack, backupsBucket, databaseInstance } = resourceNames(project);
const countProjects = "select count(*) from public.projects";

let environment: TestEnvironment;
/** The folder of the existing code. */
let code: string;
/** Its state, if this stack has its own. */
let state: string;
/** A copy of its state, for `--state`. */
let existing: string;
let before: Awaited<ReturnType<typeof everything>>;
/** The ids of the existing resources by their addresses. */
let ids: ReadonlyMap<string, string>;

beforeAll(async () => {
  environment = await TestEnvironment.create({ project, region, rds: "app", state: "local" });
  const { workplace, pair } = environment;
  code = join(workplace.directory, "hcl");
  state = join(workplace.directory, `terraform.${stack}.tfstate`);
  existing = join(workplace.directory, "existing.tfstate");
  await cp(join(import.meta.dirname, "fixtures/existing-environment"), code, { recursive: true });
  const backend = `terraform {\n  backend "local" {\n    path = ${JSON.stringify(state)}\n  }\n}\n`;
  await writeFile(join(code, "backend.tf"), backend);
  await succeeds(workplace.terraform(["init", "-input=false"], { directory: code }));
  await succeeds(terraformOfCode("apply", "-auto-approve"));
  const object = { Bucket: backupsBucket, Key: "neon-dumps/2026-01-01T00-00-00.dump", Body: "rows" };
  await s3().send(new PutObjectCommand(object));
  await cp(state, existing);
  ids = await idsIn(existing);
  before = await everything();
  expect(await pair.query("rds", countProjects)).not.toEqual([["0"]]);
});

afterAll(() => environment[Symbol.asyncDispose]());

function terraformOfCode(...args: readonly string[]) {
  const variables = [`-var=project_name=${project}`, `-var=database_name=${environment.pair.rds.database}`];
  const all = [...args, "-input=false", ...variables];
  return environment.workplace.terraform(all, { directory: code });
}

function s3(): S3Client {
  return new S3Client(clientOptions(motoUrl(testSandbox().state.moto), region));
}

/** The data of the environment: rows and the object. */
async function data() {
  const [{ Contents = [] }, { DBInstances = [] }] = await Promise.all([
    s3().send(new ListObjectsV2Command({ Bucket: backupsBucket, Prefix: "neon-dumps/2026-01-01" })),
    environment.aws.rds.send(new DescribeDBInstancesCommand()),
  ]);
  return {
    objects: Contents.map(({ Key, ETag }) => [Key, ETag]),
    instances: DBInstances.map((instance) => [
      instance.DBInstanceIdentifier,
      instance.DbiResourceId,
      instance.InstanceCreateTime,
    ]),
    rows: await environment.pair.query("rds", countProjects),
  };
}

/** The data, and the state. */
async function everything() {
  const [found, contents] = await Promise.all([data(), readFile(state, "utf8").catch(() => "none")]);
  return { ...found, state: contents };
}

const stateSchema = z.object({
  resources: z.array(
    z.object({
      module: z.string().optional(),
      mode: z.string(),
      type: z.string(),
      name: z.string(),
      instances: z.array(
        z.object({
          index_key: z.union([z.string(), z.number()]).optional(),
          attributes: z.object({ id: z.string() }),
        }),
      ),
    }),
  ),
});

async function idsIn(file: string): Promise<ReadonlyMap<string, string>> {
  const { resources } = stateSchema.parse(JSON.parse(await readFile(file, "utf8")));
  return new Map(
    resources
      .filter(({ mode }) => mode === "managed")
      .flatMap(({ module, type, name, instances }) =>
        instances.map(({ index_key: key, attributes }): [string, string] => {
          const index = key === undefined ? "" : `[${JSON.stringify(key)}]`;
          return [`${module === undefined ? "" : `${module}.`}${type}.${name}${index}`, attributes.id];
        }),
      ),
  );
}

const renamed = z.looseObject({
  lineage: z.string(),
  resources: z.array(z.looseObject({ type: z.string(), name: z.string(), module: z.string().optional() })),
});

/**
 * The state of this stack as other code would have written it in the same place: with other names in modules, and without one resource
 * that this stack creates.
 */
function asOfOtherCode(text: string): string {
  const contents = renamed.parse(JSON.parse(text));
  const resources = contents.resources
    .filter(({ type, name }) => type !== "aws_ecr_lifecycle_policy" || !name.includes("backend"))
    .map((resource) => {
      const isRenamed = ["aws_db_instance", "aws_vpc", "aws_s3_bucket"].includes(resource.type);
      return isRenamed
        ? { ...resource, module: `module.${resource.type}`, name: resource.name.replace(/_[0-9A-F]{8}$/, "") }
        : resource;
    });
  return JSON.stringify({ ...contents, resources });
}

/** Runs a command that is refused. */
async function refused(...args: readonly string[]) {
  const result = await environment.run([...args, "--json"]);
  const { error } = parseDocument(result);
  expect(error, result.text).toMatchObject({ state: "nothing-written" });
  return { exitCode: result.exitCode, code: "", details: [""], message: "", hint: "", ...error };
}

const plan = z.object({
  how: z.string(),
  takenOver: z.array(z.object({ from: z.string(), to: z.string() })),
  leftAlone: z.array(z.string()),
  terraform: z.object({
    replace: z.record(z.string(), z.number()),
    destroy: z.record(z.string(), z.number()),
  }),
});

async function adopted(...args: readonly string[]) {
  const adopt = ["infra:adopt", "--state", existing, "--json", "--allow-shorter-retention"];
  const result = await environment.run([...adopt, ...args]);
  expect(result.exitCode, result.text).toBe(0);
  return plan.parse(parseDocument(result));
}

/** The variables that keep the existing network and database unchanged. */
const keep = {
  TF_VAR_vpc_cidr: "10.20.0.0/16",
  TF_VAR_public_subnet_cidrs: '["10.20.1.0/24","10.20.2.0/24"]',
  TF_VAR_private_db_subnet_cidrs: '["10.20.21.0/24","10.20.22.0/24"]',
  TF_VAR_db_engine_version: "16.4",
};

describe("a state of other Terraform code in the place of this stack's state", () => {
  it("is the one of the fixture: a database, and a bucket with an object", () => {
    expect(before).toMatchObject({
      objects: [["neon-dumps/2026-01-01T00-00-00.dump", expect.any(String)]],
      instances: [[databaseInstance, expect.any(String), expect.any(Date)]],
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
    const { exitCode, code, message, details, hint } = await refused(...line.split(" "));
    expect({ exitCode, code }).toEqual({ exitCode: 4, code: "STATE_FOREIGN" });
    expect(message).toContain(`${stack} contains ${ids.size} resources that other Terraform code created`);
    // Resources that hold data are listed first.
    expect(details.slice(0, 6).sort()).toEqual([
      expect.stringMatching(
        /^aws_ecr_repository\.services\["backend"\] {2}legacy-test\/backend {2}\(holds images/,
      ),
      expect.stringMatching(/^aws_ecr_repository\.services\["frontend"\] /),
      expect.stringMatching(/^aws_ecr_repository\.services\["worker"\] /),
      `aws_s3_bucket.db_backups  ${backupsBucket}  (holds objects)`,
      `aws_s3_bucket.reports  ${project}-reports  (holds objects)`,
      `module.rds.aws_db_instance.main  ${databaseInstance}  (holds the rows of its databases)`,
    ]);
    expect(hint).toContain("pnpm infra:adopt --state");
    expect(hint).not.toContain("infra:deploy");
    expect(await everything()).toEqual(before);
  });

  it("is adopted in place by a plan that moves the resources of this stack and forgets the others", async () => {
    Object.assign(environment.env, keep);
    const { how, leftAlone, takenOver, terraform } = await adopted("--dry-run");
    expect(how).toBe("moved");
    expect(takenOver).toHaveLength(ids.size - leftAlone.length);
    expect(leftAlone.toSorted()).toEqual(['aws_ecr_repository.services["worker"]', "aws_s3_bucket.reports"]);
    expect(terraform).toMatchObject({ replace: {}, destroy: {} });
    expect(await everything()).toEqual(before);
  });
});

describe("an adoption into a separate state", () => {
  beforeAll(async () => {
    // The existing code has its state elsewhere.
    const own = join(code, "own.tfstate");
    await rename(state, own);
    await rm(`${state}.backup`, { force: true });
    await writeFile(
      join(code, "backend.tf"),
      `terraform {\n  backend "local" {\n    path = ${JSON.stringify(own)}\n  }\n}\n`,
    );
    const init = ["init", "-input=false", "-reconfigure"];
    await succeeds(environment.workplace.terraform(init, { directory: code }));
    before = await everything();
  });

  it("is refused if it would replace resources: the error names the attributes and the variables that avoid it", async () => {
    const args = ["infra:adopt", "--state", existing, "--yes", "--var", "db_name=other"];
    const { exitCode, code: error, details, hint } = await refused(...args, "--var", "vpc_cidr=10.0.0.0/16");
    expect({ exitCode, error }).toEqual({ exitCode: 4, error: "ADOPTION_HARMFUL" });
    const text = details.join("\n");
    expect(text).toMatch(
      /replace aws_db_instance\S+ \(holds the rows of its databases\), because of: db_name/,
    );
    expect(hint).toContain("--var vpc_cidr=10.20.0.0/16");
    expect(hint).toContain(`--var db_name=${environment.pair.rds.database}`);
    expect(await everything()).toEqual(before);
  });

  it("is refused if one resource of this stack may be either of two existing ones, until --map chooses", async () => {
    const copy = join(environment.workplace.directory, "two.tfstate");
    const contents = z
      .looseObject({ resources: z.array(z.looseObject({ type: z.string(), name: z.string() })) })
      .parse(JSON.parse(await readFile(existing, "utf8")));
    const vpc = contents.resources.find(({ type }) => type === "aws_vpc");
    contents.resources.push({ ...vpc, type: "aws_vpc", name: "second", module: "module.other" });
    await writeFile(copy, JSON.stringify(contents));
    const args = ["infra:adopt", "--state", copy, "--yes"];
    const { code: error, details, hint } = await refused(...args);
    expect(error).toBe("ADOPTION_AMBIGUOUS");
    expect(details.join("\n")).toMatch(/module\.network\.aws_vpc\.main.*\n.*module\.other\.aws_vpc\.second/);
    expect(hint).toContain("--map");
    const chosen = ["--map", "module.other.aws_vpc.second="];
    const more = [...chosen, "--dry-run", "--allow-shorter-retention", "--json"];
    const result = await environment.run([...args.slice(0, 3), ...more]);
    expect(parseDocument(result), result.text).toMatchObject({ outcome: "planned" });
    expect(await everything()).toEqual(before);
  });

  it("is refused if AWS would then delete dumps that the existing code keeps, until a flag allows it", async () => {
    const {
      exitCode,
      code: error,
      details,
      hint,
    } = await refused("infra:adopt", "--state", existing, "--yes");
    expect({ exitCode, error }).toEqual({ exitCode: 4, error: "RETENTION_SHORTENED" });
    const text = details.join("\n");
    expect(text).toContain("days until an object expires: 30 instead of no limit");
    expect(text).toContain("neon-dumps/2026-01-01T00-00-00.dump would expire ");
    expect(hint).toContain(`infra:adopt --state ${existing} --allow-shorter-retention`);
    expect(await everything()).toEqual(before);
  });

  it("is refused if the name of a bucket that it would create belongs to somebody else", async () => {
    const { profilingBucket } = resourceNames(project);
    const ofOther: Decide = (_service, target) =>
      target.startsWith(`HEAD /${profilingBucket}`) ? 403 : "forward";
    const args = ["infra:adopt", "--state", existing, "--yes", "--allow-shorter-retention"];
    const {
      exitCode,
      code: error,
      details,
      hint,
    } = await environment.during(ofOther, () => refused(...args));
    expect({ exitCode, error }).toEqual({ exitCode: 4, error: "ACCOUNT_NOT_READY" });
    expect(details[0]).toContain(`the name of the bucket ${profilingBucket} is taken`);
    expect(hint).toContain("--allow-shorter-retention --allow-account");
    expect(await everything()).toEqual(before);
  });

  it("takes over all resources: the ids are the same, the object and the rows still exist", async () => {
    const { how, takenOver, terraform } = await adopted("--yes");
    expect(how).toBe("imported");
    expect(terraform).toMatchObject({ replace: {}, destroy: {} });
    const now = await idsIn(state);
    for (const { from, to } of takenOver) {
      // A rule of the older type has an id of Terraform, which AWS does not know.
      if (!from.includes("aws_security_group_rule")) expect([to, now.get(to)]).toEqual([to, ids.get(from)]);
    }
    expect(now.get("aws_db_instance.database_instance_D7FC2283[0]")).toBeDefined();
    expect({ ...(await data()), state: before.state }).toEqual(before);
  });

  it("leaves nothing to create, replace or delete for the next plan", async () => {
    const result = await environment.run(["infra:diff", "--json"]);
    expect(result.exitCode, result.text).toBe(0);
    expect(parseDocument(result)).toMatchObject({
      plan: { terraform: { create: {}, replace: {}, destroy: {} } },
      refusals: [],
    });
  });

  it("lets the existing code forget the resources: it deletes none and keeps the others", async () => {
    const removed = join(environment.workplace.directory, "adoption", stack, "removed.tf");
    const text = await readFile(removed, "utf8");
    const [, forget = ""] = /terraform state rm '(.+)'/.exec(text) ?? [];
    expect(forget).toContain("aws_ecr_repository.services");
    // The code keeps only what this stack does not take over.
    const main = await readFile(join(code, "main.tf"), "utf8");
    const variables = main.slice(0, main.indexOf('resource "aws_s3_bucket" "db_backups"'));
    const reports = `resource "aws_s3_bucket" "reports" {\n  bucket = "\${var.project_name}-reports"\n}\n`;
    const worker = `resource "aws_ecr_repository" "services" {\n  for_each = toset(["worker"])\n  name = "\${var.project_name}/\${each.key}"\n  image_tag_mutability = "IMMUTABLE"\n}\n`;
    await writeFile(join(code, "main.tf"), `${variables}${reports}${worker}`);
    await cp(removed, join(code, "removed.tf"));
    for (const [, address = ""] of text.matchAll(/terraform state rm '(.+)'/g)) {
      await succeeds(environment.workplace.terraform(["state", "rm", address], { directory: code }));
    }
    await succeeds(environment.workplace.terraform(["init", "-input=false"], { directory: code }));
    const applied = await succeeds(terraformOfCode("apply", "-auto-approve"));
    expect(applied.stdout).toContain("0 destroyed");
    expect([...(await idsIn(join(code, "own.tfstate"))).keys()].sort()).toEqual([
      'aws_ecr_repository.services["worker"]',
      "aws_s3_bucket.reports",
    ]);
    expect({ ...(await data()), state: before.state }).toEqual(before);
  });

  it("is followed by an activation with the rows of Neon, and by a deactivation", async () => {
    await pushImages(environment.where, "v1");
    const on = await environment.run(["activate", "--sync-data", "--yes", "--json"]);
    expect(parseDocument(on), on.text).toMatchObject({ outcome: "activated" });
    const { pair } = environment;
    expect(await pair.query("rds", countProjects)).toEqual(await pair.query("neon", countProjects));
    const off = await environment.run(["deactivate", "--sync-data", "--yes", "--json"]);
    expect(parseDocument(off), off.text).toMatchObject({ outcome: "deactivated" });
    const { objects, instances } = await data();
    expect({ objects, instances }).toEqual({ objects: before.objects, instances: before.instances });
  });
});

describe("an adoption in place", () => {
  let ours: ReadonlyMap<string, string>;
  beforeAll(async () => {
    const text = await readFile(state, "utf8");
    ours = await idsIn(state);
    await writeFile(state, asOfOtherCode(text));
    await cp(state, existing);
  });

  it("that stops in the middle deletes nothing, and has moved a part of the resources", async () => {
    const refuse: Decide = (_service, target) => (target.endsWith(".PutLifecyclePolicy") ? 403 : "forward");
    const result = await environment.during(refuse, () =>
      environment.run([
        ...["infra:adopt", "--state", existing, "--yes", "--json"],
        "--allow-shorter-retention",
      ]),
    );
    expect(parseDocument(result).error, result.text).toMatchObject({ code: "TERRAFORM_FAILED" });
    expect((await idsIn(state)).get("aws_db_instance.database_instance_D7FC2283[0]")).toBeDefined();
  });

  it.each(["is finished by the same command with the same file", "changes nothing when it runs once more"])(
    "%s: it is still the adoption of this state, and asks no code to forget anything",
    async () => {
      const folder = join(environment.workplace.directory, "adoption", stack);
      await rm(folder, { recursive: true });
      const { how, terraform } = await adopted("--yes");
      expect(how).toBe("moved");
      expect(terraform).toMatchObject({ replace: {}, destroy: {} });
      expect(await idsIn(state)).toEqual(ours);
      expect(await readdir(folder)).toEqual(["adoption.tf"]);
    },
  );
});
