/** The CDKTF app: reads the configuration from the environment and writes the Terraform JSON. */
import { runCommand } from "@pilot-light/core/cli/command";
import { readVariable } from "@pilot-light/core/config/env";
import { chooseBackend } from "@pilot-light/core/terraform/backend";
import { synthesize } from "./app.ts";

export async function run(): Promise<void> {
  await runCommand("infra synth", {}, ({ environment }) => {
    const project = readVariable(environment, "PROJECT_NAME") ?? "";
    const region = readVariable(environment, "AWS_REGION") ?? "";
    synthesize({ project, region, backend: chooseBackend(environment) });
    return Promise.resolve({ outcome: "synthesized", document: { project, region } });
  });
}
