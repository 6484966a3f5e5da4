/** Runs a restore, or a sync that resumes: prints the plan, asks, restores, prints the result. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { plural } from "@pilot-light/core/output/format";
import { shell } from "@pilot-light/core/output/shell";
import { directions, type DirectionName } from "../direction.ts";
import type { RestorePlan } from "../documents.ts";
import type { RestoreOptions } from "../options.ts";
import { readScript } from "../plan/script.ts";
import { performRestore, previewRestore, type ConfirmRestore, type Wanted } from "../restore/restore.ts";
import { unverified } from "./allow-unverified.ts";
import { contentFlags, safetyFlags, type SyncCommandOptions } from "./content-flags.ts";
import { undoCommand } from "./render.ts";
import { printRestored, printRestorePlan } from "./render-restore.ts";

type RestoreCommandOptions = Omit<RestoreOptions, "command" | "commandAllowing"> & {
  dryRun: boolean;
  yes: boolean;
};

/** What differs between a restore and a sync that resumes. */
interface Form {
  outcomes: { planned: string; done: string };
  wanted: Wanted;
  /** The command line, with the flags that the person gave. With a plan, it names the dump instead of `latest`. */
  command: (plan?: RestorePlan) => string;
}

/** Runs `pnpm sync restore`. */
export async function runRestoreCommand(
  key: string,
  given: RestoreCommandOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const command = (plan?: RestorePlan) =>
    [
      shell`pnpm sync restore ${plan?.dump.key ?? key} --to ${given.to}`,
      ...safetyFlags({ ...given }),
      ...(given.allowUnverified ? [`--${unverified.option}`] : []),
    ].join(" ");
  const outcomes = { planned: "planned", done: "restored" };
  return await run({ outcomes, wanted: key, command }, given, context);
}

/** Runs `pnpm sync <direction> --resume`. */
export async function runResumeCommand(
  name: DirectionName,
  { afterRestore, ...given }: Omit<SyncCommandOptions, "excludeTableData" | "schema">,
  context: CommandContext,
): Promise<CommandOutcome> {
  const { target: to } = directions[name];
  const script = afterRestore === undefined ? {} : { script: await readScript(afterRestore, to) };
  const command = () =>
    [`pnpm sync ${name} --resume`, ...contentFlags({ afterRestore }), ...safetyFlags(given)].join(" ");
  const outcomes = { planned: "resume-planned", done: "resumed" };
  const options = { ...given, ...script, to, allowUnverified: false };
  return await run({ outcomes, wanted: { resume: directions[name] }, command }, options, context);
}

async function run(
  { outcomes, wanted, command }: Form,
  given: RestoreCommandOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const { printer, signal } = context;
  const options = {
    ...given,
    command: command(),
    commandAllowing: (option: string) => `${command()} --${option}`,
    commandWith: (option: string) => `${command()} --${option}`,
  };
  if (given.dryRun) {
    const { plan, refusal } = await previewRestore(wanted, options, context);
    printRestorePlan(plan, printer, given);
    if (refusal !== undefined) throw refusal;
    // The command names the dump of the plan: `latest` may be another dump later.
    const again = command(plan);
    printer.line(`  To run it:  ${again}`);
    return {
      outcome: outcomes.planned,
      document: { plan },
      next: [{ purpose: "to run it", command: again }],
    };
  }
  if (!given.yes && !canAsk()) throw confirmationNeeded({ command: command() });
  const confirm: ConfirmRestore = async (plan, refusal) => {
    printRestorePlan(plan, printer, given);
    printer.log.add({ plan });
    if (given.yes || refusal !== undefined) return;
    const { database, system } = plan.target;
    await confirmByName(`This replaces the database ${database} on ${system}.`, database, signal);
  };
  const start = performance.now();
  const { plan, result } = await performRestore(wanted, options, context, confirm);
  printRestored(plan, result, performance.now() - start, printer);
  const { dump, target } = plan;
  return {
    outcome: outcomes.done,
    document: { plan, result },
    summary: `${target.database} on ${target.system} was replaced with ${dump.key}: ${plural(result.tables, "table")}, ${plural(result.rows, "row")}.`,
    next: [{ purpose: "to undo", command: undoCommand(plan) }],
  };
}
