/** Runs a sync: prints the plan, asks, syncs, prints the result. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { readVariable } from "@pilot-light/core/config/env";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { directions, type DirectionName } from "../direction.ts";
import { readScript } from "../plan/script.ts";
import { performSync, previewSync, type Confirm } from "../sync.ts";
import {
  assertFilterFits,
  contentFlags,
  safetyFlags,
  syncedOutcome,
  type SyncCommandOptions,
} from "./content-flags.ts";
import { printPlan, printResult } from "./render.ts";

export async function runSyncCommand(
  name: DirectionName,
  { afterRestore, schema = [], excludeTableData = [], ...given }: SyncCommandOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const { printer, signal } = context;
  const { target: system } = directions[name];
  assertFilterFits({ schema, excludeTableData }, system);
  const script = afterRestore === undefined ? {} : { script: await readScript(afterRestore, system) };
  const isTask = readVariable(context.environment, "PILOT_LIGHT_TASK_OF") !== undefined;
  const command = [
    `pnpm sync ${name}`,
    ...(isTask ? ["--on-fargate"] : []),
    ...contentFlags({ schema, excludeTableData, afterRestore }),
    ...safetyFlags(given),
  ].join(" ");
  const commandWith = (option: string) => `${command} --${option}`;
  const filters = { schema, excludeTableData };
  const options = { ...given, ...script, ...filters, commandAllowing: commandWith, commandWith };
  if (options.dryRun) {
    const { plan, refusal } = await previewSync(name, options, context);
    printPlan(plan, printer, options);
    printer.log.add({ plan });
    if (refusal !== undefined) throw refusal;
    printer.line(`  To run it:  ${command}`);
    return {
      outcome: "planned",
      document: { plan },
      summary: `The sync would replace ${plan.target.database} on ${plan.target.system} with a copy of ${plan.source.system}. Nothing was written.`,
      next: [{ purpose: "to run it", command }],
    };
  }
  if (!options.yes && !canAsk()) throw confirmationNeeded({ command });
  const confirm: Confirm = async (plan, refusal) => {
    printPlan(plan, printer, options);
    printer.log.add({ plan });
    if (options.yes || refusal !== undefined) return;
    const { database } = plan.target;
    await confirmByName(`This replaces the database ${database} on ${system}.`, database, signal);
  };
  const start = performance.now();
  const { plan, result } = await performSync(name, options, context, confirm);
  printResult(plan, result, performance.now() - start, printer);
  return syncedOutcome(plan, result);
}
