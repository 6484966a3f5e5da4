/** A Terraform stack with a local state: the fastest case for scripts that read its outputs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../run.mjs";

/**
 * Deploys a stack that has nothing but outputs.
 * @param {string} folder
 * @param {object} outputs
 * @param {NodeJS.ProcessEnv} env
 */
export async function deployOutputs(folder, outputs, env) {
  mkdirSync(folder, { recursive: true });
  const output = Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value }]));
  writeFileSync(join(folder, "main.tf.json"), JSON.stringify({ output }));
  await mustRun("terraform", [`-chdir=${folder}`, "init", "-input=false"], { env });
  await mustRun("terraform", [`-chdir=${folder}`, "apply", "-auto-approve", "-input=false"], { env });
}
