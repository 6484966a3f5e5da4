/** Runs the commands that delete dumps: prints the plan, asks, deletes, prints what to do next. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { plural } from "@pilot-light/core/output/format";
import { shell } from "@pilot-light/core/output/shell";
import { planPrune, planRemoval } from "../dumps/prune.ts";
import type { DumpsOptions } from "../dumps/list.ts";
import type { PruneSelection } from "../dumps/prune-plan.ts";
import { needed } from "./allow-needed.ts";
import { printPrunePlan, printRemovalPlan, printRestorable } from "./render-deletion.ts";

interface Asking {
  dryRun: boolean;
  yes: boolean;
}

export async function runPrune(
  options: DumpsOptions & PruneSelection & Asking,
  context: CommandContext,
): Promise<CommandOutcome> {
  const { printer, signal } = context;
  const { system, keep, days, dryRun, yes } = options;
  const flags = [
    ...(system === undefined ? [] : [`--system ${system}`]),
    ...(keep === undefined ? [] : [`--keep ${keep}`]),
    ...(days === undefined ? [] : [`--days ${days}`]),
  ];
  const command = ["pnpm dumps prune", ...flags].join(" ");
  if (!dryRun && !yes && !canAsk()) throw confirmationNeeded({ command });
  const { plan, retention, carryOut } = await planPrune(options, context);
  printPrunePlan(plan, retention, printer, { dryRun });
  if (plan.delete.length === 0) return { outcome: "nothing to do", document: { plan, deleted: [] } };
  if (dryRun) {
    printer.line(`  Nothing was deleted. To run it:  ${command}`);
    return { outcome: "planned", document: { plan } };
  }
  if (!yes) await confirmByName(`This deletes ${plural(plan.delete.length, "dump")}.`, plan.bucket, signal);
  const deleted = await printer.step("delete", async (report) => {
    let done = 0;
    const value = await carryOut((keys) => {
      done += keys.length;
      report({ done, all: plan.delete.length, noun: "dumps" });
    });
    return { value, summary: `${plural(value.length, "dump")} deleted` };
  });
  printRestorable(deleted[0] ?? "", plan.bucket, retention, printer);
  const summary = `${plural(deleted.length, "dump")} of ${plan.bucket} deleted.`;
  return { outcome: "pruned", document: { plan, deleted }, summary };
}

export async function runRemoval(
  key: string,
  options: DumpsOptions & Asking & { allowNeeded: boolean },
  context: CommandContext,
): Promise<CommandOutcome> {
  const { printer, signal } = context;
  const { system, dryRun, yes, allowNeeded } = options;
  const command = `${shell`pnpm dumps rm ${key}`}${system === undefined ? "" : ` --system ${system}`}`;
  const allowing = `${command}${allowNeeded ? ` --${needed.option}` : ""}`;
  if (!dryRun && !yes && !canAsk()) throw confirmationNeeded({ command: allowing });
  const { plan, bucket, retention, carryOut } = await planRemoval(key, options, command, context);
  printRemovalPlan(plan, retention, printer, { dryRun });
  if (dryRun) {
    printer.line(`  Nothing was deleted. To run it:  ${allowing}`);
    return { outcome: "planned", document: { plan } };
  }
  if (!yes) await confirmByName("This deletes the dump and its manifest.", plan.dump.key, signal);
  await carryOut();
  printer.line(`  Deleted ${plan.dump.uri}`);
  printRestorable(plan.dump.key, bucket, retention, printer);
  return { outcome: "removed", document: { plan }, summary: `The dump ${plan.dump.uri} is deleted.` };
}
