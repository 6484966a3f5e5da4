/** Checks the configuration and synthesizes the Terraform JSON. `main.ts` and the tests call it. */
import { projectNamePattern, regionPattern, resourceNames } from "@pilot-light/core/contract";
import { awsRegionInvalid, projectNameInvalid } from "@pilot-light/core/errors";
import { App } from "cdktf";
import type { BackendChoice } from "@pilot-light/core/terraform/backend";
import { DevStack } from "./stacks/dev-stack.ts";

export interface AppConfig {
  project: string;
  region: string;
  /** Default: a local file. */
  backend?: BackendChoice;
  /** Directory for the Terraform JSON. Default: the one that the CDKTF CLI asks for, or `cdktf.out`. */
  outdir?: string;
}

/**
 * Writes `<outdir>/stacks/<stack>/cdk.tf.json`, the same bytes for the same configuration on every machine.
 * @throws OpsError PROJECT_NAME_INVALID, AWS_REGION_INVALID (configuration).
 */
export function synthesize({ project, region, backend = { kind: "local" }, outdir }: AppConfig): void {
  if (!projectNamePattern.test(project)) throw projectNameInvalid({ project });
  if (!regionPattern.test(region)) throw awsRegionInvalid({ region });
  // Stack traces would write paths of this machine into the JSON.
  const app = new App({ stackTraces: false, ...(outdir === undefined ? {} : { outdir }) });
  new DevStack(app, { names: resourceNames(project), project, region, backend });
  app.synth();
}
