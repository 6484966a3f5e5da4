/**
 * Reads the Terraform state and changes nothing: in a temporary directory, with only the backend of the synthesized stack. Terraform needs
 * no provider for that, so it takes a second or two.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { withoutSecrets } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";
import { chooseBackend, type BackendChoice } from "@pilot-light/core/terraform/backend";
import { assertHarmlessArguments } from "@pilot-light/core/terraform/cli-arguments";
import { prepareTerraform } from "@pilot-light/core/terraform/cli-config";
import { terraformProgram } from "@pilot-light/core/terraform/program";
import { z } from "zod";
import type { Basics } from "../context.ts";
import { runApp } from "../terraform/app.ts";
import { readingHint, terraformError } from "../terraform/errors.ts";
import { parsePulledState } from "../terraform/pulled-state.ts";
import { unknownResources, type UnknownResource } from "../terraform/unknown-resources.ts";

/** What is known of the deployed stack. */
export interface DeployedState {
  /** In words: "s3://bucket", "a file in this directory". */
  place: string;
  /** Undefined if there is no state, or if it was not read. */
  outputs?: Readonly<Record<string, unknown>>;
  /** Resources of the state that the stack does not define. */
  unknown: readonly UnknownResource[];
  /** Why the state was not read. */
  notRead?: string;
  /** The default of a variable of the stack. */
  defaultOf: (variable: string) => unknown;
}

const stackSchema = z.object({
  terraform: z.object({ backend: z.record(z.string(), z.record(z.string(), z.unknown())).optional() }),
  variable: z.record(z.string(), z.object({ default: z.unknown() }).partial()).default({}),
});

/**
 * @param work a temporary directory
 * @throws OpsError SYNTH_FAILED, STATE_AMBIGUOUS, TF_WORKSPACE_MISSING, TF_CLI_ARGS_REFUSED (configuration), TERRAFORM_FAILED (aws) and
 *   others
 */
export async function readDeployedState(context: Basics, work: string): Promise<DeployedState> {
  const { environment, directory, names, printer, signal } = context;
  assertHarmlessArguments(environment);
  const choice = chooseBackend(environment);
  const setup = await prepareTerraform(environment, work);
  const options = {
    environment: {
      ...withoutSecrets(environment),
      ...setup.environment,
      TF_IN_AUTOMATION: "1",
      NO_COLOR: "1",
    },
    signal,
    onStart: (line: string) => printer.detail(`$ ${line}`),
  };
  const synthesized = join(work, "cdktf.out");
  await runApp(directory, options, synthesized);
  const text = await readFile(join(synthesized, "stacks", names.stack, "cdk.tf.json"), "utf8");
  const configuration: unknown = JSON.parse(text);
  const { terraform, variable } = stackSchema.parse(configuration);
  const defaultOf = (name: string) => variable[name]?.default;
  const place = placeOf(choice);
  // `terraform init` creates a workspace that does not exist.
  if (choice.kind === "terraform-cloud") {
    return {
      place,
      unknown: [],
      defaultOf,
      notRead: `the state is in ${place}, where reading it may create the workspace`,
    };
  }
  const reader = join(work, "state");
  await mkdir(reader);
  const backend = choice.kind === "local" ? localBackend(directory, names.stack) : terraform.backend;
  await writeFile(join(reader, "main.tf.json"), JSON.stringify({ terraform: { backend } }));
  const terraformRun = (args: readonly string[]) =>
    run(terraformProgram(environment), [...args, "-no-color"], { ...options, cwd: reader });
  const initialized = await terraformRun(["init", "-input=false"]);
  const pulled = initialized.exitCode === 0 ? await terraformRun(["state", "pull"]) : initialized;
  if (pulled.exitCode !== 0) {
    const lines = [...pulled.stdout.split("\n"), ...pulled.stderr];
    throw terraformError("Terraform cannot read the state", [], lines, directory, readingHint);
  }
  const state = parsePulledState(pulled.stdout);
  if (state.version === "none") return { place, unknown: [], defaultOf };
  return { place, outputs: state.outputs, unknown: unknownResources(state, configuration), defaultOf };
}

/** The path of the synthesized stack is relative to its folder. */
function localBackend(directory: string, stack: string) {
  return { local: { path: resolve(directory, `terraform.${stack}.tfstate`) } };
}

function placeOf(choice: BackendChoice): string {
  switch (choice.kind) {
    case "local":
      return "a file in this directory";
    case "s3":
      return `s3://${choice.bucket}`;
    case "terraform-cloud":
      return `the workspace ${choice.workspace} of Terraform Cloud`;
  }
}
