/** Runs the CDKTF app, which writes the Terraform JSON of the stack. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "@pilot-light/core/ops-error";
import { run, type RunOptions } from "@pilot-light/core/process";
import { plainLines } from "@pilot-light/core/terraform/plain-text";
import { z } from "zod";
import { synthFailed } from "../errors.ts";

/** `cdktf.json`: the command that runs the CDKTF app. */
const appSchema = z.object({ app: z.string() });

/**
 * Runs the app as `cdktf synth` does, but three seconds faster.
 * @param directory folder with cdktf.json
 * @param output folder for the Terraform JSON
 * @throws OpsError SYNTH_FAILED (configuration)
 */
export async function runApp(
  directory: string,
  options: RunOptions,
  output = join(directory, "cdktf.out"),
): Promise<void> {
  const settings = await readFile(join(directory, "cdktf.json"), "utf8").catch((cause: unknown) => {
    const hint = "Run the command in the repository, after:  pnpm install";
    throw synthFailed(undefined, { details: [messageOf(cause)], cause }).with({ hint });
  });
  const { app } = appSchema.parse(JSON.parse(settings));
  const environment = { ...options.environment, CDKTF_OUTDIR: output };
  const result = await run("sh", ["-c", app], { ...options, environment, cwd: directory });
  if (result.exitCode === 0) return;
  const details = plainLines([...result.stdout.split("\n"), ...result.stderr]).slice(-15);
  throw synthFailed(undefined, { details });
}
