/** Refusals because of variables, options, files and programs, before a command uses the Terraform state. Nothing is written. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertDocument, failureSchema } from "@pilot-light/core/cli/documents";
import type { Environment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";
import { documents } from "@pilot-light/lifecycle/documents";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { root } from "@pilot-light/sandbox/workplace";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

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
    says: ["Set TF_WORKSPACE"],
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
    args: ["configure", "--yes", "--set", "PILOT_LIGHT_ON_END=a\"b'c`d"],
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
