/** The synthesized JSON as terraform reads it, the place of its state, and the memory of a synthesis. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isCurrent } from "@pilot-light/core/cli/bundle";
import { processEnvironment, type Environment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";
import { motoUrl } from "@pilot-light/sandbox/aws/moto";
import type {} from "@pilot-light/sandbox/vitest";
import { Workplace, root, succeeds } from "@pilot-light/sandbox/workplace";
import { describe, expect, inject, it } from "vitest";
import { z } from "zod";
import { isInS3, putS3, region } from "./emulator.ts";

const create = (project: string, variables: Environment = {}) =>
  Workplace.create({ project, region, endpoint: motoUrl(inject("sandbox").moto), variables });

describe("terraform validate", () => {
  it("accepts the configuration that is committed for Terraform Cloud", async () => {
    await using workplace = await create("davidshaevel");
    const directory = join(workplace.directory, "committed");
    await mkdir(directory);
    const committed = join(root, "packages/infra/terraform-cloud/davidshaevel-dev/cdk.tf.json");
    await copyFile(committed, join(directory, "cdk.tf.json"));
    await succeeds(workplace.terraform(["init", "-input=false"], { directory }));
    expect((await workplace.terraform(["validate"], { directory })).stdout).toContain("Success!");
  });

  it("accepts a configuration whose runs and state are in Terraform Cloud", async () => {
    await using workplace = await create("shop", {
      TF_CLOUD_ORGANIZATION: "acme",
      TF_WORKSPACE: "shop-dev",
    });
    await workplace.synthesize();
    const environment = { TF_WORKSPACE: undefined };
    await succeeds(workplace.terraform(["init", "-backend=false"], { environment }));
    expect((await workplace.terraform(["validate"], { environment })).stdout).toContain("Success!");
  });
});

it("reports that a project has no committed configuration, with the command that writes it", async () => {
  const bin = join(root, "packages/infra/dist/bin.js");
  const environment = { PATH: processEnvironment().PATH, PROJECT_NAME: "never-committed" };
  const result = await run(process.execPath, ["--", bin, "--check"], { environment, cwd: root });
  expect(result.exitCode).toBe(1);
  const text = result.stderr.join("\n");
  for (const part of ["COMMITTED_MISSING", "never-committed", "pnpm infra:commit"]) {
    expect(text).toContain(part);
  }
});

it.each([
  ["infra:commit", "packages/infra/dist/bin.js", "pnpm infra:commit \\[--check\\]"],
  ["bench", "scripts/bench.mjs", "Usage: pnpm bench <name>, where <name> is one of: .*\\bsync\\b"],
])("%s --help prints its usage, and does nothing", async (_command, program, usage) => {
  const environment = { PATH: processEnvironment().PATH };
  const result = await run(process.execPath, ["--", join(root, program), "--help"], {
    environment,
    cwd: root,
  });
  expect(result.exitCode).toBe(0);
  expect([result.stdout, ...result.stderr].join("\n")).toMatch(new RegExp(usage));
});

describe("variables that AWS refuses together", () => {
  it("are refused by a plan before it asks AWS, with the name of the variable to change", async () => {
    await using workplace = await create("shop");
    await workplace.synthesize();
    const text = await readFile(join(workplace.stackDirectory, "cdk.tf.json"), "utf8");
    const { variable } = z.object({ variable: z.unknown() }).parse(JSON.parse(text));
    // Only the variables: without resources, terraform needs no provider.
    const directory = join(workplace.directory, "variables");
    await mkdir(directory);
    await writeFile(join(directory, "variables.tf.json"), JSON.stringify({ variable }, null, 2));
    await succeeds(workplace.terraform(["init", "-input=false"], { directory }));
    const plan = async (...values: readonly string[]) => {
      const args = ["plan", "-input=false", ...values.map((value) => `-var=${value}`)];
      const { exitCode, stderr } = await workplace.terraform(args, { directory });
      return exitCode === 0 ? [] : stderr.flatMap((line) => /^\W*(\w+) must be/.exec(line)?.[1] ?? []);
    };
    expect(await plan()).toEqual([]);
    expect(await plan("backend_task_memory=768")).toEqual(["backend_task_memory"]);
    expect(await plan("grafana_task_cpu=4096")).toEqual(["grafana_task_memory"]);
    expect(await plan("grafana_task_cpu=4096", "grafana_task_memory=8192")).toEqual([]);
    expect(await plan("frontend_task_cpu=1024", "frontend_task_memory=3000")).toEqual([
      "frontend_task_memory",
    ]);
    expect(await plan("health_check_timeout=30")).toEqual(["health_check_timeout"]);
    const storage = (allocated: number, most: number) =>
      plan(`db_allocated_storage=${allocated}`, `db_max_allocated_storage=${most}`);
    expect(await storage(100, 109)).toEqual(["db_max_allocated_storage"]);
    expect(await storage(100, 110)).toEqual([]);
  });
});

describe("a state in S3", () => {
  it("exists after an apply, and S3 itself locks it", async () => {
    const url = motoUrl(inject("sandbox").moto);
    expect(await putS3(url, "infra-test-states")).toBe(200);
    await using workplace = await create("state-test", {
      TF_STATE_BUCKET: "infra-test-states",
      // The emulator has one address, not one for each bucket.
      TF_CLI_ARGS_init: "-backend-config=use_path_style=true",
    });
    await workplace.synthesize();
    await succeeds(workplace.terraform(["init", "-input=false"]));
    const target = "-target=aws_cloudwatch_log_group.compute_logs_backend_87377062";
    const apply = ["apply", "-auto-approve", "-input=false", target];
    await succeeds(workplace.terraform(apply));
    const state = "infra-test-states/state-test-dev/terraform.tfstate";
    expect(await isInS3(url, state)).toBe(true);
    expect(await isInS3(url, `${state}.tflock`)).toBe(false);

    const lock = { ID: "1", Operation: "apply", Who: "a colleague", Path: state, Created: new Date(0) };
    await putS3(url, `${state}.tflock`, JSON.stringify(lock));
    const second = await workplace.terraform(apply);
    expect(second.exitCode).toBe(1);
    expect(second.stderr.join("\n")).toMatch(/Error acquiring the state lock[^]*a colleague/);
  });
});

describe("a synth without the CLI", () => {
  it("writes the bytes that are committed for Terraform Cloud, but for the backend: from the bundle", async () => {
    expect(isCurrent(join(root, "packages/infra/dist"))).toBe(true);
    // With a flag, V8 would ignore the saved code of the bundle.
    const settings: unknown = JSON.parse(await readFile(join(root, "cdktf.json"), "utf8"));
    expect(settings).toMatchObject({ app: "node packages/infra/dist/main.js" });
    await using workplace = await create("davidshaevel", { AWS_REGION: "us-east-1" });
    await workplace.synthesize();
    const committed = join(root, "packages/infra/terraform-cloud/davidshaevel-dev/cdk.tf.json");
    const text = await readFile(join(workplace.stackDirectory, "cdk.tf.json"), "utf8");
    const withoutBackend = text.replace(/^ {4}"backend": \{\n(?: {6,}.*\n)+ {4}\},\n/m, "");
    expect(withoutBackend).toBe(await readFile(committed, "utf8"));
  });

  it("takes less than 150 MB of memory", async () => {
    await using workplace = await create("shop");
    const { app } = z
      .object({ app: z.string() })
      .parse(JSON.parse(await readFile(join(root, "cdktf.json"), "utf8")));
    const [, ...args] = app.split(" ");
    const program = join(root, args.pop() ?? "");
    // On Linux, `resourceUsage` of a child includes the memory of the process that started it: here, of the test runner.
    const measure = `import { readFileSync } from "node:fs";
      const kilobytes = () => process.platform === "linux"
        ? Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1])
        : process.resourceUsage().maxRSS;
      process.on("exit", () => console.log(kilobytes()));
      await import(${JSON.stringify(program)});`;
    const flags = [...args, "--input-type=module", "--eval", measure];
    const environment = {
      ...workplace.environment,
      CDKTF_OUTDIR: join(workplace.directory, "cdktf.out"),
    };
    const { stdout } = await succeeds(run(process.execPath, flags, { environment }));
    const megabytes = z.coerce.number().positive().parse(stdout.trim()) / 1024;
    expect(megabytes).toBeLessThan(150);
  });
});
