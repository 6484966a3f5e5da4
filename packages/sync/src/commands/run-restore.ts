/** Runs a restore for a person: prints the plan, asks, restores, prints the result. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { plural } from "@pilot-light/core/output/format";
import type { RestoreOptions } from "../options.ts";
import { performRestore, previewRestore, type ConfirmRestore } from "../restore/restore.ts";
import { safetyFlags } from "./content-flags.ts";
import { undoCommand } from "./render.ts";
import { printRestored, printRestorePlan } from "./render-restore.ts";

export async function runRestoreCommand(
  key: string,
  given: Omit<RestoreOptions, "command" | "commandAllowing"> & { dryRun: boolean; yes: boolean },
  context: CommandContext,
): Promise<CommandOutcome> {
  const { printer, signal } = context;
  const plain = `pnpm sync restore ${key} --to ${given.to}`;
  const flags = safetyFlags(given);
  const command = [plain, ...flags].join(" ");
  const options = {
    ...given,
    command: plain,
    commandAllowing: (option: string) => `${command} --${option}`,
    commandWith: (option: string) => `${command} --${option}`,
  };
  if (given.dryRun) {
    const { plan, refusal } = await previewRestore(key, options, context);
    printRestorePlan(plan, printer, given);
    if (refusal !== undefined) throw refusal;
    // The dump of the plan: `latest` may be another one later.
    printer.line(
      `  To run it:  ${[`pnpm sync restore ${plan.dump.key} --to ${given.to}`, ...flags].join(" ")}`,
    );
    return { outcome: "planned", document: { plan } };
  }
  if (!given.yes && !canAsk()) throw confirmationNeeded({ command });
  const confirm: ConfirmRestore = async (plan, refusal) => {
    printRestorePlan(plan, printer, given);
    printer.log.add({ plan });
    if (given.yes || refusal !== undefined) return;
    const { database, system } = plan.target;
    await confirmByName(`This replaces the database ${database} on ${system}.`, database, signal);
  };
  const start = performance.now();
  const { plan, result } = await performRestore(key, options, context, confirm);
  printRestored(plan, result, performance.now() - start, printer);
  const { dump, target } = plan;
  return {
    outcome: "restored",
    document: { plan, result },
    summary: `${target.database} on ${target.system} was replaced with ${dump.key}: ${plural(result.tables, "table")}, ${plural(result.rows, "row")}.`,
    next: [{ purpose: "to undo", command: undoCommand(plan) }],
  };
}
