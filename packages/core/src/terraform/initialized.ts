/** Whether a stack's folder can be used without another synthesis: a folder of an earlier run may name another state than the variables. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Environment } from "../config/env.ts";
import { type BackendChoice, chooseBackend } from "./backend.ts";

const schema = z.object({
  terraform: z.object({
    backend: z
      .object({
        local: z.unknown().optional(),
        s3: z.object({ bucket: z.string(), region: z.string() }).optional(),
      })
      .optional(),
    cloud: z.object({ organization: z.string(), workspaces: z.object({ name: z.string() }) }).optional(),
  }),
});

/** What `terraform init` records of the backend that it set up. */
const recordSchema = z.object({ backend: z.object({ type: z.string(), config: z.unknown() }) });

/**
 * Whether the folder was synthesized and initialized, both for the state that the variables name.
 * @param folder `cdktf.out/stacks/<stack>`
 * @throws OpsError STATE_AMBIGUOUS, TF_WORKSPACE_MISSING (configuration)
 */
export async function isInitialized(folder: string, environment: Environment): Promise<boolean> {
  const choice = chooseBackend(environment);
  try {
    const record = await readJson(join(folder, ".terraform", "terraform.tfstate"));
    return isFor(choice, await readJson(join(folder, "cdk.tf.json"))) && isInitializedFor(choice, record);
  } catch {
    // The file is missing or incomplete.
    return false;
  }
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, "utf8"));
}

/** @param record content of `.terraform/terraform.tfstate`: it does not change when the configuration is synthesized again */
export function isInitializedFor(choice: BackendChoice, record: unknown): boolean {
  const { data } = recordSchema.safeParse(record);
  if (data === undefined) return false;
  const { type, config } = data.backend;
  return isFor(choice, { terraform: type === "cloud" ? { cloud: config } : { backend: { [type]: config } } });
}

/** @param synthesized content of `cdk.tf.json` */
export function isFor(choice: BackendChoice, synthesized: unknown): boolean {
  const { data } = schema.safeParse(synthesized);
  if (data === undefined) return false;
  const { backend, cloud } = data.terraform;
  switch (choice.kind) {
    case "local":
      return backend?.local !== undefined;
    case "s3":
      return backend?.s3?.bucket === choice.bucket && backend.s3.region === choice.region;
    case "terraform-cloud":
      return cloud?.organization === choice.organization && cloud.workspaces.name === choice.workspace;
  }
}
