/** Refusals because of variables, options, files and programs, and of an environment that was never deployed. Nothing is written. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateVpcCommand, DeleteVpcCommand, EC2Client } from "@aws-sdk/client-ec2";
import { createAwsClients } from "@pilot-light/core/aws/clients";
import { assertDocument, failureSchema } from "@pilot-light/core/cli/documents";
import type { Environment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";
import { takeSnapshot } from "@pilot-light/lifecycle/aws/snapshots";
import { documents } from "@pilot-light/lifecycle/documents";
import { clientOptions } from "@pilot-light/sandbox/aws/resources";
import { createPair, sides, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { root } from "@pilot-light/sandbox/workplace";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { parseDocument, TestEnvironment } from "./environment.ts";

const bin = join(root, "packages/lifecycle/dist/bin.js");

let pair: Pair;
let folder: string;
beforeAll(async () => {
  pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  folder = await mkdtemp(join(tmpdir(), "pilot-light-refusals-"));
});
afterAll(async () => {
  await pair.dispose();
  await rm(folder, { recursive: true, force: true });
});

interface Case {
  /** What is wrong. */
  what: string;
  args: readonly string[];
  env?: Environment;
  code: string;
  exit: number;
  says: readonly string[];
  /** The directory in which the command runs. Default: the repository. */
  cwd?: () => string;
}

const diff = ["infra:diff"];
const cases: Case[] = [
  {
    what: "two places for the state",
    args: diff,
    env: { TF_CLOUD_ORGANIZATION: "acme", TF_WORKSPACE: "dev", TF_STATE_BUCKET: "states" },
    ...{ code: "STATE_AMBIGUOUS", exit: 3 },
    says: ["TF_CLOUD_ORGANIZATION and TF_STATE_BUCKET", "docs/runbooks/terraform-cloud.md"],
  },
  {
    what: "an organization without a workspace",
    args: diff,
    env: { TF_CLOUD_ORGANIZATION: "acme" },
    ...{ code: "TF_WORKSPACE_MISSING", exit: 3 },
    says: ["export TF_WORKSPACE=<workspace>"],
  },
  {
    what: "a workspace without an organization",
    args: ["infra:deploy", "--yes"],
    env: { TF_WORKSPACE: "other" },
    ...{ code: "TF_ORGANIZATION_MISSING", exit: 3 },
    says: ["TF_WORKSPACE is other", "unset TF_WORKSPACE"],
  },
  {
    what: "options in the environment that change every plan",
    args: ["activate", "--yes"],
    env: { TF_CLI_ARGS_plan: "-parallelism=4 -target=aws_vpc.x" },
    ...{ code: "TF_CLI_ARGS_REFUSED", exit: 3 },
    says: ["TF_CLI_ARGS_plan contains -target, which", "unset TF_CLI_ARGS_plan"],
  },
  {
    what: "a directory without providers",
    args: diff,
    env: { PILOT_LIGHT_TF_PLUGIN_MIRROR: "/nowhere/providers" },
    ...{ code: "TF_PLUGIN_MIRROR_MISSING", exit: 3 },
    says: ["/nowhere/providers", "terraform providers mirror"],
  },
  {
    what: "a Terraform that is not installed",
    args: diff,
    env: { TERRAFORM_BINARY_NAME: "no-such-terraform" },
    ...{ code: "PROGRAM_MISSING", exit: 3 },
    says: ["no-such-terraform", "PATH"],
  },
  {
    what: "a directory that is not the repository",
    args: diff,
    ...{ code: "SYNTH_FAILED", exit: 3 },
    says: ["cdktf.json", "pnpm install"],
    cwd: () => folder,
  },
  {
    what: "an existing state that is no state",
    args: ["infra:adopt", "--state", join(root, "README.md"), "--dry-run"],
    ...{ code: "EXISTING_STATE_UNREADABLE", exit: 3 },
    says: ["README.md", "terraform state pull"],
  },
  {
    what: "a setting that no command reads",
    args: ["configure", "--yes", "--set", "COLOUR=blue"],
    ...{ code: "SETTING_INVALID", exit: 2 },
    says: ["COLOUR", "docs/variables.md"],
  },
  {
    what: "a setting that no line can hold",
    args: ["configure", "--yes", "--set", `PILOT_LIGHT_ON_END="a' b\` #c`],
    ...{ code: "SETTING_NOT_WRITABLE", exit: 2 },
    says: ["PILOT_LIGHT_ON_END", "in the environment"],
    cwd: () => folder,
  },
];

describe.concurrent("is refused, and nothing is written:", () => {
  test.each(cases)("$what", async ({ args, env = {}, code, exit, says, cwd = () => root }) => {
    const temporary = await mkdtemp(join(folder, "tmp-"));
    const environment = { ...pair.env, ...env, TMPDIR: temporary };
    const result = await run(process.execPath, ["--", bin, ...args, "--json"], { environment, cwd: cwd() });
    const document = assertDocument(documents, JSON.parse(result.stdout));
    const { error } = failureSchema.parse(document);
    expect({ code: error.code, exit: error.exit, exitCode: result.exitCode }, error.message).toEqual({
      ...{ code, exit, exitCode: exit },
    });
    expect(error.state).toBe("nothing-written");
    const text = [error.message, ...error.details, error.hint].join("\n");
    for (const part of says) expect(text).toContain(part);
    expect(await readdir(temporary)).toEqual([]);
  });
});

describe("in a stack that was never deployed,", () => {
  const project = "never-deployed";
  const stack = `${project}-dev`;
  // No other test creates VPCs in this region.
  const region = "ap-northeast-2";
  let environment: TestEnvironment;
  beforeAll(async () => {
    const names = { project, region };
    environment = await TestEnvironment.create({ ...names, rds: "stale", state: "local" });
  });
  afterAll(() => environment[Symbol.asyncDispose]());

  /** The files beside the synthesized ones, and the rows of both databases. */
  const present = async () => {
    const { pair: own, workplace } = environment;
    const files = await readdir(workplace.directory);
    const count = "select count(*) from public.projects";
    return {
      files: files.filter((name) => !name.endsWith(".rc") && !name.startsWith("cdktf.out")).sort(),
      rows: await Promise.all(sides.map((side) => own.query(side, count))),
    };
  };
  const refuses = async (
    args: readonly string[],
    { says, ...expected }: { code: string; exit: number; says: readonly string[] },
    env: Environment = {},
  ) => {
    const before = await present();
    const result = await environment.run([...args, "--json"], { env });
    const { error } = failureSchema.parse(parseDocument(result));
    expect(error, result.text).toMatchObject({ ...expected, state: "nothing-written" });
    expect(result.exitCode).toBe(expected.exit);
    const text = [error.message, ...error.details, error.hint].join("\n");
    for (const part of says) expect(text).toContain(part);
    expect(await present()).toEqual(before);
  };

  it("no command finds outputs", async () => {
    const says = [stack, "pnpm infra:deploy"];
    await refuses(["infra:output"], { code: "NEVER_DEPLOYED", exit: 4, says });
  });

  it("a deployment for which the account has no VPC left names the quota", async () => {
    const ec2 = new EC2Client({ ...clientOptions(environment.where.endpoint), region });
    const held: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.9.0.0/16" }));
      held.push(Vpc?.VpcId ?? "");
    }
    try {
      const says = ["VPC", "aws service-quotas", "--allow-account"];
      await refuses(["infra:deploy", "--yes"], { code: "ACCOUNT_NOT_READY", exit: 4, says });
      const diff = await environment.run(["infra:diff", "--json"]);
      expect(parseDocument(diff), diff.text).toMatchObject({ refusals: ["ACCOUNT_NOT_READY"] });
    } finally {
      for (const VpcId of held) await ec2.send(new DeleteVpcCommand({ VpcId }));
    }
  });

  it("a bucket for the state that does not exist is reported", async () => {
    const env = { TF_STATE_BUCKET: "no-such-bucket-of-states", TF_STATE_REGION: region };
    const says = [stack, "TF_STATE_BUCKET"];
    await refuses(["infra:diff"], { code: "TERRAFORM_INIT_FAILED", exit: 7, says }, env);
  });

  it("a state without resources of this stack, a wrong --map, and a name that is taken, are refused", async () => {
    const file = join(environment.workplace.directory, "other.tfstate");
    const provider = 'provider["registry.terraform.io/hashicorp/aws"]';
    const write = async (type: string, ...names: readonly string[]) => {
      const resources = names.map((name) => {
        const attributes = { id: name, name };
        const address = { mode: "managed", type, name: name.replaceAll(/\W/g, "_") };
        return { ...address, provider, instances: [{ attributes }] };
      });
      const header = { version: 4, terraform_version: "1.11.4", serial: 1, lineage: "1f0c", outputs: {} };
      await writeFile(file, JSON.stringify({ ...header, resources }));
    };
    await write("aws_sqs_queue", "jobs");
    const adopt = ["infra:adopt", "--state", file, "--yes"];
    const empty = { code: "ADOPTION_EMPTY", exit: 4, says: [file, "export PROJECT_NAME="] };
    await refuses(adopt, empty);
    const wrong = { code: "MAP_INVALID", exit: 2, says: ["aws_vpc.nobody", "--dry-run"] };
    await refuses([...adopt, "--map", "aws_vpc.nobody=aws_vpc.main"], wrong);
    await write("aws_ecr_repository", `${project}/backend`, `${project}/frontend`);
    const alone = "aws_ecr_repository.never_deployed_backend";
    const says = [`${alone}, which is left alone, has its name`, "docs/runbooks/existing-environment.md"];
    await refuses([...adopt, "--map", `${alone}=`], { code: "ADOPTION_CONFLICT", exit: 4, says });
  });

  it("a snapshot that RDS does not take is an error with its reason", async () => {
    const { env, aws: clients } = environment;
    const aws = { ...createAwsClients(env), rds: () => Promise.resolve(clients.rds) };
    const what = { id: "never-deployed-snapshot", instance: "never-deployed-db", project };
    await expect(takeSnapshot(aws, what, new AbortController().signal)).rejects.toMatchObject({
      code: "SNAPSHOT_FAILED",
      exit: 7,
      message: "The snapshot never-deployed-snapshot of never-deployed-db did not become available.",
      details: [expect.stringContaining("never-deployed-db") as string],
      hint: expect.stringContaining("aws rds describe-db-snapshots --db-instance-identifier") as string,
    });
  });

  it("a run that --resume cannot continue is refused", async () => {
    const file = join(environment.workplace.directory, `lifecycle.${stack}.json`);
    const journal = {
      ...{ version: 1, command: "activate", startedAt: "2026-11-22T09:30:00.000Z", finishedAt: null },
      ...{ syncData: true, createsDatabase: false, images: {}, begun: ["sync"], done: [], stopped: null },
      ...{ secretVariables: ["token"], pausedTasks: null },
    };
    const resume = ["activate", "--resume", "--yes"];
    await writeFile(file, JSON.stringify(journal));
    const token = { code: "VARIABLE_NEEDED", exit: 4, says: ["token"] };
    await refuses(resume, token);
    const other = {
      code: "RESUME_CONTRADICTED",
      exit: 2,
      says: ["--no-sync-data", "pnpm activate --resume"],
    };
    await refuses([...resume, "--no-sync-data"], other);
    await writeFile(file, JSON.stringify({ ...journal, version: 99 }));
    await refuses(resume, { code: "JOURNAL_UNREADABLE", exit: 3, says: [file] });
    await rm(file);
  });
});
