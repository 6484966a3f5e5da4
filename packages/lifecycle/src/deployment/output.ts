/** `pnpm infra:output`: prints the Terraform outputs, and writes them to a file for `--outputs-file` of other commands. */
import { writeFile } from "node:fs/promises";
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import type { Outputs } from "@pilot-light/core/contract";
import { openContext } from "../context.ts";
import { readState } from "../preflight/checks.ts";

/**
 * Runs `pnpm infra:output`.
 * @throws OpsError NEVER_DEPLOYED, STATE_FOREIGN (precondition), OUTPUTS_INVALID (configuration)
 */
export async function printOutputs(
  outputsFile: string | undefined,
  command: CommandContext,
): Promise<CommandOutcome> {
  await using context = await openContext(command);
  const { printer, stack } = context;
  if (!(await stack.isInitialized())) {
    printer.live("  preparing Terraform ...");
    await stack.synthesize();
  }
  const outputs = stack.outputsOf(await readState(stack));
  printer.live("");
  await writeOutputs(outputsFile, stack.name, outputs);
  if (!printer.json) {
    for (const [name, value] of Object.entries(outputs)) printer.data(`${name} = ${JSON.stringify(value)}`);
  }
  return { outcome: "printed", document: { outputs } };
}

/** Writes the outputs in the form of `cdktf output --outputs-file`. */
export async function writeOutputs(file: string | undefined, stack: string, outputs: Outputs): Promise<void> {
  if (file !== undefined) await writeFile(file, `${JSON.stringify({ [stack]: outputs }, null, 2)}\n`);
}
