/** From a checked configuration to synthesized Terraform: the one way in for `main.ts` and the tests. */
import { projectNamePattern, regionPattern, resourceNames } from "@pilot-light/core/contract";
import { OpsError } from "@pilot-light/core/ops-error";
import { App } from "cdktf";
import type { BackendChoice } from "@pilot-light/core/terraform/backend";
import { DevStack } from "./stacks/dev-stack.ts";

export interface AppConfig {
  project: string;
  region: string;
  /** Default: a local file. */
  backend?: BackendChoice;
  /** Where the Terraform JSON goes. Default: what the CDKTF CLI asks for, `cdktf.out` without it. */
  outdir?: string;
}

/**
 * Writes `<outdir>/stacks/<stack>/cdk.tf.json`, the same bytes for the same configuration on every machine.
 * @throws OpsError PROJECT_NAME_INVALID, AWS_REGION_INVALID (configuration).
 */
export function synthesize({ project, region, backend = { kind: "local" }, outdir }: AppConfig): void {
  if (!projectNamePattern.test(project)) {
    throw new OpsError(
      "configuration",
      "PROJECT_NAME_INVALID",
      `PROJECT_NAME is not usable in AWS names: "${project}".`,
      {
        hint: "Use lower-case letters, digits and single hyphens, at most 30, starting with a letter.",
      },
    );
  }
  if (!regionPattern.test(region)) {
    throw new OpsError("configuration", "AWS_REGION_INVALID", `This is no AWS region: "${region}".`, {
      hint: "Set AWS_REGION to a name such as us-east-1.",
    });
  }
  // Stack traces would put paths of this machine into the JSON.
  const app = new App({ stackTraces: false, ...(outdir === undefined ? {} : { outdir }) });
  new DevStack(app, { names: resourceNames(project), project, region, backend });
  app.synth();
}
