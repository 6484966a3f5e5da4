/** `pnpm infra:diff`: shows the plan of a deployment in Terraform's own words, and what would refuse the deployment. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { environmentName } from "@pilot-light/core/contract";
import { openContext } from "../context.ts";
import { printHead } from "../plan/render.ts";
import { prepareDeployment, type DeploymentOptions } from "./prepare.ts";

/** Runs `pnpm infra:diff`. */
export async function diffStack(
  options: DeploymentOptions,
  command: CommandContext,
): Promise<CommandOutcome> {
  await using context = await openContext(command);
  const { aws, printer, project, stack } = context;
  printHead(`Diff  ${project} ${environmentName}, ${aws.region}`, "nothing is written", printer);
  const { plan, contents, refusals } = await prepareDeployment(options, context);
  printer.line();
  if (!printer.json) printer.data(await stack.describe(contents));
  printer.line();
  for (const note of plan.notes) printer.warn(note);
  for (const refusal of refusals) {
    printer.warn(`pnpm infra:deploy refuses this plan: ${refusal.message} (${refusal.code})`);
    for (const detail of refusal.details) printer.line(`    ${detail}`);
  }
  const codes = refusals.map(({ code }) => code);
  const outcome = contents.changes.length === 0 ? "unchanged" : "planned";
  return { outcome, document: { plan, refusals: codes } };
}
