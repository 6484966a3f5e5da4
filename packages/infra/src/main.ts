/** The CDKTF app that `cdktf.json` names: reads the configuration from the environment and writes the Terraform JSON. */
import { runCommand } from "@pilot-light/core/cli/command";
import { readVariable } from "@pilot-light/core/config/env";
import { synthesize } from "./app.ts";
import { chooseBackend } from "@pilot-light/core/terraform/backend";

await runCommand("infra synth", {}, ({ environment }) => {
  const project = readVariable(environment, "PROJECT_NAME") ?? "";
  const region = readVariable(environment, "AWS_REGION") ?? "";
  synthesize({ project, region, backend: chooseBackend(environment) });
  return Promise.resolve({ outcome: "synthesized", document: { project, region } });
});
