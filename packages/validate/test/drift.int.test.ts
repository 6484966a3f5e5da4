/** `--drift` runs the real Terraform; its built-in provider needs no registry. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { processEnvironment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseDocument, runCommand } from "./command.ts";
import { runCheck } from "./run-validation.ts";
import { createEnvironment, type TestEnvironment } from "./support/environment.ts";

let environment: TestEnvironment;
let directory: string;
let stack: string;
let env: Record<string, string>;

beforeAll(async () => {
  environment = await createEnvironment(testSandbox(), { mode: "pilot-light" });
  directory = environment.env.TMPDIR ?? "";
  stack = join(directory, "cdktf.out", "stacks", `${environment.project}-dev`);
  env = { ...environment.env, PATH: processEnvironment().PATH ?? "" };
  await mkdir(stack, { recursive: true });
  await describeStack("one");
  await terraform("init", "-input=false");
  await terraform("apply", "-auto-approve", "-input=false");
});
afterAll(async () => {
  await environment[Symbol.asyncDispose]();
});

/** A stack with a resource that depends on the mode and on `value`; its outputs are those of the environment. */
async function describeStack(value: string): Promise<void> {
  const document = {
    // Without a backend there is nothing to initialize.
    terraform: { backend: { local: {} } },
    variable: { dev_activated: { type: "bool", default: true } },
    resource: { terraform_data: { mode: { input: "${var.dev_activated}" }, value: { input: value } } },
    output: Object.fromEntries(
      Object.entries(environment.outputs).map(([name, output]) => [name, { value: output }]),
    ),
  };
  await writeFile(join(stack, "cdk.tf.json"), JSON.stringify(document));
}

async function terraform(...args: string[]): Promise<void> {
  const withMode = args[0] === "apply" ? [...args, "-var=dev_activated=false"] : args;
  const result = await run("terraform", [`-chdir=${stack}`, ...withMode], { environment: env });
  if (result.exitCode !== 0) throw new Error(result.stderr.join("\n"));
}

test("a plan without changes passes: it uses the mode of the outputs, and not the default of the variable", async () => {
  await describeStack("one");
  const result = await runCheck("drift", env, { directory });
  expect(result).toMatchObject({ status: "passed", summary: "no changes" });
});

test("every planned change is named", async () => {
  await describeStack("two");
  const result = await runCheck("drift", env, { directory });
  expect(result).toMatchObject({
    status: "warning",
    summary: "1 change planned",
    problems: [{ message: "terraform_data.value: update" }],
  });
});

test("options in the environment that change the plan are refused: a part of a plan may have no changes", async () => {
  await describeStack("two");
  const partial = { ...env, TF_CLI_ARGS_plan: "-target=terraform_data.mode" };
  const result = await runCheck("drift", partial, { directory });
  expect(result).toMatchObject({ status: "failed", error: { code: "TF_CLI_ARGS_REFUSED" } });
});

test("a plan that fails is a failure with Terraform's error", async () => {
  await describeStack("${terraform_data.nothing.output}");
  const result = await runCheck("drift", env, { directory });
  expect(result).toMatchObject({ status: "failed", error: { code: "TERRAFORM_FAILED" } });
  expect(result.problems[0]?.message).toContain("Reference to undeclared resource");
});

test("the outputs are read from the initialized stack without a file", async () => {
  await describeStack("one");
  const result = await runCommand({ ...env, PILOT_LIGHT_OUTPUTS_FILE: "" }, ["--json", "--only", "vpc"], {
    cwd: directory,
  });
  const { checks, mode } = parseDocument(result);
  expect(mode).toBe("pilot-light");
  expect(checks[1]?.summary).toMatch(/^pilot light, \d+ outputs, read from terraform$/);
  expect(result.exitCode).toBe(0);
});
