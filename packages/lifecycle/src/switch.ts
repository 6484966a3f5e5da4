/** What both switches do between the look and the last step: resume, refuse, ask, sync. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/command";
import { canAsk, confirmByName, confirmationNeeded } from "@pilot-light/core/confirm";
import { environmentName, type Outputs } from "@pilot-light/core/contract";
import { OpsError } from "@pilot-light/core/errors";
import { formatBytes, plural } from "@pilot-light/core/format";
import type { DirectionName } from "@pilot-light/sync/direction";
import type { SyncOptions } from "@pilot-light/sync/options";
import { combine } from "@pilot-light/sync/settle";
import { openContext, type LifecycleContext } from "./context.ts";
import { Journal, type JournalEntry, type SwitchName } from "./journal.ts";
import type { SwitchOptions } from "./options.ts";
import { printHead, printPlan } from "./render.ts";
import type { SwitchPlan } from "./switch-plan.ts";
import type { SavedPlan } from "./terraform/stack.ts";

/** What a switch works with. */
export interface Switch extends LifecycleContext {
  journal: Journal;
  /** The run that goes on; undefined without `--resume`. */
  resume: JournalEntry | undefined;
  syncData: boolean;
}

/**
 * Opens what the switch needs, and its journal. Nothing was looked at yet.
 * @throws OpsError CONFIRMATION_NEEDED, NOTHING_TO_RESUME (precondition), JOURNAL_UNREADABLE (configuration)
 */
export async function openSwitch(
  command: SwitchName,
  options: SwitchOptions,
  commandContext: CommandContext,
): Promise<Switch> {
  const { dryRun, yes } = options;
  if (!dryRun && !yes && !canAsk()) throw confirmationNeeded(`pnpm ${command}`);
  const context = await openContext(commandContext);
  const { aws, console, project } = context;
  try {
    const title = `${command === "activate" ? "Activate" : "Deactivate"}  ${project} ${environmentName}, ${aws.region}`;
    printHead(title, dryRun ? "dry run, nothing is written" : "", console);
    const journal = await Journal.open(context);
    const resume = resumed(command, options, journal);
    const syncData = resume?.syncData ?? options.syncData === true;
    return { ...context, journal, resume, syncData };
  } catch (error) {
    await context[Symbol.asyncDispose]();
    throw error;
  }
}

/** @throws OpsError NOTHING_TO_RESUME (precondition) */
function resumed(command: SwitchName, { resume }: SwitchOptions, journal: Journal): JournalEntry | undefined {
  if (!resume) return undefined;
  const { unfinished } = journal;
  if (unfinished?.command === command) return unfinished;
  const what =
    unfinished === undefined
      ? `The journal ${journal.place} has no run that did not come to its end.`
      : `The run that did not come to its end is one of \`${unfinished.command}\`.`;
  throw new OpsError("precondition", "NOTHING_TO_RESUME", `There is no \`${command}\` to resume. ${what}`, {
    hint: `Run it as usual:  pnpm ${command}${unfinished === undefined ? "" : `    or go on with the other:  pnpm ${unfinished.command} --resume`}`,
  });
}

/** @throws the guards' refusals as one error */
export function refuse(refusals: readonly (OpsError | undefined)[]): void {
  const found = refusals.filter((refusal) => refusal !== undefined);
  if (found.length > 0) throw combine(found);
}

/**
 * Shows the plan and asks; whatever happened meanwhile, what was agreed to is still what there is.
 * @returns the outcome of a dry run
 * @throws OpsError NOT_CONFIRMED, STATE_CHANGED, SWITCH_RUNNING (precondition), INTERRUPTED
 */
export async function agree(
  plan: SwitchPlan,
  contents: SavedPlan,
  options: SwitchOptions,
  { console, signal, stack, journal }: Switch,
): Promise<CommandOutcome | undefined> {
  printPlan(plan, console);
  const { command } = plan;
  if (options.dryRun) {
    const flags = `${options.syncData === true ? " --sync-data" : ""}${options.resume ? " --resume" : ""}`;
    console.line(`  Nothing was written. To do it:  pnpm ${command}${flags}`);
    return { outcome: "planned", document: { plan } };
  }
  if (!options.yes) {
    const verb = command === "activate" ? "activates" : "deactivates";
    await confirmByName(`This ${verb} ${plan.environment}.`, plan.environment, signal);
  }
  await Promise.all([stack.assertCurrent(contents), journal.assertUnchanged()]);
  return undefined;
}

/** The options of a sync within a switch. */
export function syncOptions({ allow, dryRun }: SwitchOptions): SyncOptions {
  return {
    dryRun,
    yes: true,
    verify: "checksums",
    jobs: 4,
    targetBackup: true,
    allowShrink: allow.shrink,
  };
}

/** Syncs without another question: the plan was agreed to, and what has changed since is judged again. */
export async function syncNow(
  direction: DirectionName,
  options: SyncOptions,
  outputs: Outputs,
  context: LifecycleContext,
): Promise<void> {
  const { console, stack } = context;
  const outputsFile = await stack.writeOutputs(outputs);
  const { performSync } = await import("@pilot-light/sync/sync");
  const { plan, result } = await performSync(direction, { ...options, outputsFile }, context, () =>
    Promise.resolve(),
  );
  const { source, target } = plan;
  console.line(
    `  ${"sync".padEnd(10)}${target.system} is verified equal to ${source.system}: ${plural(result.tables, "table")}, ${plural(result.rows, "row")}, ${formatBytes(result.archiveBytes)} in S3`,
  );
  console.line(`  ${"".padEnd(10)}to take it back: pnpm sync undo ${target.system}`);
  for (const warning of result.warnings) console.warn(warning);
}
