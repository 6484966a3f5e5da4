/** `pnpm infra:deploy`: check, plan, refuse what would destroy data, confirm; then apply exactly that plan. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { environmentName } from "@pilot-light/core/contract";
import type { Printer } from "@pilot-light/core/output/printer";
import { modeName } from "@pilot-light/validate/mode";
import { openContext, type LifecycleContext } from "../context.ts";
import { becauseOf } from "../errors.ts";
import { againLine, planOptions } from "../journal/command-hints.ts";
import { Journal } from "../journal/journal.ts";
import { beforeAnyChange, refuse } from "../mode-change.ts";
import { dollars, printHead, printRow, printTerraform } from "../plan/render.ts";
import { deploy } from "../steps/deploy.ts";
import { endpointsOf, printEndpoints } from "../steps/finish.ts";
import type { Change } from "../terraform/changes.ts";
import { hideSecrets, soundsSecret } from "../terraform/variables.ts";
import { writeOutputs } from "./output.ts";
import {
  assertSameImages,
  prepareDeployment,
  type DeploymentOptions,
  type DeploymentPlan,
  type Prepared,
} from "./prepare.ts";

export interface DeployOptions extends DeploymentOptions {
  dryRun: boolean;
  yes: boolean;
  /** File for the outputs, in the form of `cdktf output --outputs-file`. */
  outputsFile: string | undefined;
}

/** Runs `pnpm infra:deploy`. */
export async function deployStack(options: DeployOptions, command: CommandContext): Promise<CommandOutcome> {
  hideSecrets(options.variables, soundsSecret, command.printer.redactor);
  const againCommand = againLine("infra:deploy", planOptions(options));
  if (!options.dryRun && !options.yes && !canAsk()) throw confirmationNeeded({ command: againCommand });
  await using context = await openContext(command);
  const { aws, printer, project } = context;
  const right = options.dryRun ? "dry run, nothing is written" : "";
  printHead(`Deploy  ${project} ${environmentName}, ${aws.region}`, right, printer);
  const prepared = await beforeAnyChange(() => prepareDeployment(options, context));
  refuse(prepared.refusals);
  const { plan, contents } = prepared;
  printDeployment(prepared, printer);
  printer.log.add({ plan });
  if (options.dryRun) {
    printer.line(`  Nothing was written. To run it:  ${againCommand}`);
    return { outcome: "planned", document: { plan } };
  }
  if (!options.yes && contents.changes.length > 0) {
    await beforeAnyChange(() =>
      confirmByName(`This deploys ${plan.environment}.`, plan.environment, context.signal),
    );
  }
  await beforeAnyChange(async () => {
    await context.stack.assertCurrent(contents);
    await assertSameImages({ kept: prepared.kept, from: plan.from }, context);
  });
  return await carryOut(prepared, options, context);
}

async function carryOut(
  { plan, contents }: Prepared,
  { outputsFile }: DeployOptions,
  context: LifecycleContext,
): Promise<CommandOutcome> {
  const { printer, project, stack } = context;
  const start = performance.now();
  // A plan without changes to resources may still have changes to outputs.
  await deploy(stack, contents, context, { evenWithoutChanges: true });
  // Otherwise the recorded time would count for the next activation.
  if (plan.to === "pilot-light") await (await Journal.open(context)).schedule(null);
  const outputs = await stack.outputs();
  await writeOutputs(outputsFile, stack.name, outputs);
  const endpoints = endpointsOf(outputs);
  printer.line();
  printer.line(printer.colors.bold(`  ${project} ${environmentName} is deployed: ${modeName(plan.to)}.`));
  printer.line();
  printEndpoints(endpoints, printer);
  printRow("to check it", "pnpm validate", printer);
  const durationMs = Math.round(performance.now() - start);
  return {
    outcome: "deployed",
    document: { plan, endpoints, durationMs },
    summary: `${project} ${environmentName} is deployed: ${modeName(plan.to)}.`,
    next: [{ purpose: "to check it", command: "pnpm validate" }],
  };
}

/** The plan, on one screen; `pnpm infra:diff` shows all attributes. */
function printDeployment({ plan, contents }: Prepared, printer: Printer): void {
  const { bold, yellow } = printer.colors;
  const { before, after } = plan.monthlyCosts;
  printer.line();
  printer.line(bold(`  ${describeModes(plan)}`));
  printer.line();
  printTerraform(plan.terraform, printer);
  for (const change of contents.changes) {
    if (change.action !== "create") printRow("", describeChange(change), printer);
  }
  printRow("cost", `${dollars(before)} per month now, ${bold(dollars(after))} after`, printer);
  for (const note of plan.notes) printRow("", `${yellow("!")} ${note}`, printer);
  printer.line();
}

function describeModes({ from, to }: DeploymentPlan): string {
  if (from === null) return `first deployment, in the mode ${modeName(to)}`;
  return from === to ? `the mode stays ${modeName(to)}` : `${modeName(from)} -> ${modeName(to)}`;
}

function describeChange({ action, address, forcedBy = [], attributes = [], taintedAt }: Change): string {
  const why = becauseOf(forcedBy, taintedAt);
  return `${action} ${address}${why}${attributes.length === 0 ? "" : `: ${attributes.join(", ")}`}`;
}
