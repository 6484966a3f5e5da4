/**
 * `pnpm deactivate --if-due`, for a scheduler: deactivates the environment with its data, with every guard, once the time that
 * `pnpm activate --for` recorded has passed. Before that time it reads the journal only.
 */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { environmentName } from "@pilot-light/core/contract";
import { basics } from "../context.ts";
import { deactivate } from "../deactivate.ts";
import { Journal } from "../journal/journal.ts";
import type { ModeChangeOptions } from "../options.ts";
import { describeTime, ifDueCommand, isDue } from "./schedule.ts";

/** @throws OpsError JOURNAL_UNREADABLE (configuration), and the errors of a deactivation once it is due */
export async function deactivateIfDue(
  given: ModeChangeOptions,
  command: CommandContext,
): Promise<CommandOutcome> {
  // If a scheduler lacks --yes, its first run fails, and not only the run that deactivates.
  if (!given.dryRun && !given.yes && !canAsk()) throw confirmationNeeded({ command: ifDueCommand });
  const context = basics(command);
  const { printer, project } = context;
  const { last, unfinished } = await Journal.open(context);
  const deactivateAt = last?.deactivateAt ?? null;
  const environment = `${project} ${environmentName}`;
  if (last === undefined || deactivateAt === null) {
    const summary = `No deactivation of ${environment} is scheduled. Nothing was changed.`;
    printer.line(`${summary} To schedule one:  pnpm activate --for 8h`);
    return { outcome: "not scheduled", document: { deactivateAt }, summary };
  }
  const time = describeTime(deactivateAt, new Date());
  if (!isDue(deactivateAt, new Date())) {
    const summary = `${environment} is due for its deactivation at ${time}. Nothing was changed.`;
    printer.line(`${summary} To change the time:  pnpm activate --for <duration>`);
    return { outcome: "not due", document: { deactivateAt }, summary };
  }
  printer.line(`${environment} was due for its deactivation at ${time}.`);
  const resume = unfinished?.command === "deactivate";
  // The variables of the activation decide what the environment keeps in pilot light. A resumed run has them already.
  const variables = last.command === "activate" ? [...last.variables, ...given.variables] : given.variables;
  return await deactivate({ ...given, syncData: true, resume, variables }, command);
}
