/** Runs an undo: prints the plan, asks, reverts the sync, prints the result. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { Undone } from "../documents.ts";
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
    const { database, previous, restorePoint } = planned.plan;
    const action =
      restorePoint === null
        ? `give ${previous ?? ""} the name ${database} again`
        : `let Neon restore ${restorePoint.branch} to ${restorePoint.name}`;
    return {
      outcome: "planned",
      document: { plan: planned.plan },
      summary: `The undo would ${action}. Nothing was written.`,
      next: [{ purpose: "to run it", command: `pnpm sync undo ${system}` }],
    };
  }
  if (!options.yes && !canAsk()) throw confirmationNeeded({ command: `pnpm sync undo ${system}` });
  const confirm = async (planned: PlannedUndo) => {
    printUndoPlan(planned, printer);
    printer.log.add({ plan: planned.plan });
    if (options.yes) return;
    const { database, restorePoint } = planned.plan;
    const what =
      restorePoint === null
        ? `the database ${database} on ${system}`
        : `the branch ${restorePoint.branch} of Neon, with all of its databases`;
    await confirmByName(`This replaces ${what}.`, database, signal);
  };
  const undone = await performUndo(system, options, context, confirm);
  printUndone(undone, printer);
  const { result } = undone;
  return {
    outcome: "undone",
    document: { ...undone },
    summary: summaryOf(undone),
    next: result === null ? [] : [{ purpose: "to revert the undo", command: `pnpm sync undo ${system}` }],
  };
}

function summaryOf({ plan, result, repaired }: Undone): string {
  const { database, previous, restorePoint, system } = plan;
  if (restorePoint !== null) return `Neon has restored ${restorePoint.branch} to ${restorePoint.name}.`;
  if (result === null) return `${repaired ?? ""}. The target is as it was before the interrupted command.`;
  return `${previous ?? ""} has the name ${database} on ${system} again.`;
}
