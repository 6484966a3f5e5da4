/** Whether a run in Terraform Cloud made a plan. Then the saved plan only names that run, and Terraform Cloud applies it. */
import { readFile } from "node:fs/promises";
import type { Environment } from "@pilot-light/core/config/env";
import { chooseBackend } from "@pilot-light/core/terraform/backend";
import { z } from "zod";

/** As terraform writes it (internal/cloud/cloudplan/saved_plan.go); a plan of this machine is a ZIP file. */
const noteSchema = z.object({ remote_plan_format: z.literal(1), run_id: z.string(), hostname: z.string() });

/** Address of the page of the run; undefined for a plan of this machine. */
export async function remoteRun(planFile: string, environment: Environment): Promise<string | undefined> {
  const content = await readFile(planFile);
  if (content.at(0) !== "{".charCodeAt(0)) return undefined;
  const { run_id: run, hostname } = noteSchema.parse(JSON.parse(content.toString("utf8")));
  const backend = chooseBackend(environment);
  const place = backend.kind === "terraform-cloud" ? `${backend.organization}/${backend.workspace}` : "";
  return `https://${hostname}/app/${place}/runs/${run}`;
}
