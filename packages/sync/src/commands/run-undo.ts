/** Runs an undo for a person: prints the plan, asks, swaps, prints the result. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { performUndo, previewUndo, type PlannedUndo, type UndoOptions } from "../undo.ts";
import { printUndone, printUndoPlan } from "./render.ts";

export async function runUndoCommand(
  system: DatabaseSystem,
  options: UndoOptions & { dryRun: boolean; yes: boolean },
  context: CommandContext,
): Promise<CommandOutcome> {
  const { printer, signal } = context;
  if (options.dryRun) {
    const planned = await previewUndo(system, options, context);
    printUndoPlan(planned, printer);
    const { database, previous } = planned.plan;
    return {
      outcome: "planned",
      document: { plan: planned.plan },
      summary: `The undo would give ${previous} the name ${database} again. Nothing was written.`,
      next: [{ purpose: "to run it", command: `pnpm sync undo ${system}` }],
    };
  }
  if (!options.yes && !canAsk()) throw confirmationNeeded({ command: `pnpm sync undo ${system}` });
  const confirm = async (planned: PlannedUndo) => {
    printUndoPlan(planned, printer);
    printer.log.add({ plan: planned.plan });
    if (options.yes) return;
    const { database } = planned.plan;
    await confirmByName(`This replaces the database ${database} on ${system}.`, database, signal);
  };
  const undone = await performUndo(system, options, context, confirm);
  printUndone(undone, printer);
  const { plan, result, repaired } = undone;
  return {
    outcome: "undone",
    document: { ...undone },
    summary:
      result === null
        ? `${repaired ?? ""}. This reverts the interrupted sync.`
        : `${plan.previous ?? ""} has the name ${plan.database} on ${system} again.`,
    next: result === null ? [] : [{ purpose: "to revert the undo", command: `pnpm sync undo ${system}` }],
  };
}
