/** What both switches do between the look and the last step: resume, refuse, ask, sync. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { environmentName, type Outputs } from "@pilot-light/core/contract";
import { OpsError, withState } from "@pilot-light/core/ops-error";
import { formatBytes, formatMinute, plural } from "@pilot-light/core/output/format";
import type { DirectionName } from "@pilot-light/sync/direction";
import type { SyncOptions } from "@pilot-light/sync/options";
import { combine } from "@pilot-light/core/async/settle";
import { againLine, resumeLine } from "./journal/command-hints.ts";
import { openContext, type LifecycleContext } from "./context.ts";
import { Journal, type JournalEntry, type SwitchName } from "./journal/journal.ts";
import type { SwitchOptions } from "./options.ts";
import { printHead, printPlan } from "./plan/render.ts";
import { assertSecretsGiven, hideSecrets, splitVariables } from "./journal/secret-variables.ts";
import type { SwitchPlan } from "./plan/mode-change-plan.ts";
import type { SavedPlan } from "./terraform/stack.ts";

/** What a switch works with. */
export interface Switch extends LifecycleContext {
  journal: Journal;
  /** The run that goes on; undefined without `--resume`. */
  resume: JournalEntry | undefined;
  /** What was said, now and when the run that goes on was begun. */
  options: SwitchOptions;
  syncData: boolean;
}

/**
 * Opens what the switch needs, and its journal. Nothing was looked at yet.
 * @param given what was said now
 * @throws OpsError CONFIRMATION_NEEDED, NOTHING_TO_RESUME, VARIABLE_NEEDED (precondition), RESUME_CONTRADICTED (usage),
 *   JOURNAL_UNREADABLE (configuration)
 */
export async function openSwitch(
  command: SwitchName,
  given: SwitchOptions,
  commandContext: CommandContext,
): Promise<Switch> {
  const { dryRun, yes } = given;
  if (!dryRun && !yes && !canAsk()) {
    throw confirmationNeeded({
      command: given.resume ? resumeLine(command, given) : againLine(command, given),
    });
  }
  const context = await openContext(commandContext);
  const { aws, printer, project } = context;
  try {
    const title = `${command === "activate" ? "Activate" : "Deactivate"}  ${project} ${environmentName}, ${aws.region}`;
    printHead(title, dryRun ? "dry run, nothing is written" : "", printer);
    const journal = await Journal.open(context);
    const resume = resumed(command, given, journal);
    const options = resume === undefined ? given : goingOn(given, resume);
    return { ...context, journal, resume, options, syncData: options.syncData === true };
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
    state: "nothing-written",
    hint: `Run it as usual:  pnpm ${command}${unfinished === undefined ? "" : `    or go on with the other:  pnpm ${unfinished.command} --resume`}`,
  });
}

/**
 * What was said when the run was begun holds on; variables that are said now come after it, and so win.
 * @throws OpsError RESUME_CONTRADICTED (usage), VARIABLE_NEEDED (precondition)
 */
function goingOn(given: SwitchOptions, resume: JournalEntry): SwitchOptions {
  const { command, syncData, variables, secretVariables } = resume;
  if (given.syncData !== undefined && given.syncData !== (syncData ?? false)) {
    const [now, then] = given.syncData
      ? ["--sync-data", "without it"]
      : ["--no-sync-data", "with --sync-data"];
    throw new OpsError(
      "usage",
      "RESUME_CONTRADICTED",
      `${now} does not go with --resume: the run of ${formatMinute(resume.startedAt)} UTC was begun ${then}.`,
      {
        state: "nothing-written",
        hint: `Go on with it as it was begun:  ${resumeLine(command, { ...given, syncData: undefined })}\n  or begin anew:  ${againLine(command, given)}`,
      },
    );
  }
  assertSecretsGiven(secretVariables, given.variables);
  return { ...given, syncData: syncData ?? undefined, variables: [...variables, ...given.variables] };
}

/** @throws the guards' refusals as one error */
export function refuse(refusals: readonly (OpsError | undefined)[]): void {
  const found = refusals.filter((refusal) => refusal !== undefined);
  if (found.length === 0) return;
  throw withState(combine(found), "nothing-written");
}

/** Does what comes before anything is written, and says so when it is interrupted. */
export async function beforeAnything<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OpsError) || error.failure !== "interrupted") throw error;
    throw withState(error, "nothing-written");
  }
}

/**
 * What the journal keeps of a run that begins.
 * @param facts what is particular to the command
 */
export async function beginJournal(
  facts: Pick<JournalEntry, "command" | "createsDatabase" | "images">,
  { journal, options, stack, printer }: Switch,
): Promise<void> {
  const secret = await stack.secretVariables();
  hideSecrets(options.variables, secret, printer.redactor);
  const { open, secretNames } = splitVariables(options.variables, secret);
  await journal.begin({
    ...facts,
    syncData: options.syncData ?? null,
    variables: open,
    secretVariables: secretNames,
  });
}

/**
 * Shows the plan and asks; whatever happened meanwhile, what was agreed to is still what there is.
 * @returns the outcome of a dry run
 * @throws OpsError NOT_CONFIRMED, STATE_CHANGED, SWITCH_RUNNING (precondition), INTERRUPTED
 */
export async function agree(
  plan: SwitchPlan,
  contents: SavedPlan,
  { printer, signal, stack, journal, options }: Switch,
): Promise<CommandOutcome | undefined> {
  printPlan(plan, printer);
  const { command } = plan;
  if (options.dryRun) {
    const todo = options.resume ? resumeLine(command, options) : againLine(command, options);
    printer.line(`  Nothing was written. To do it:  ${todo}`);
    return { outcome: "planned", document: { plan } };
  }
  if (!options.yes) {
    const verb = command === "activate" ? "activates" : "deactivates";
    await confirmByName(`This ${verb} ${plan.environment}.`, plan.environment, signal);
  }
  await Promise.all([stack.assertCurrent(contents), journal.assertUnchanged()]);
  return undefined;
}

/** The options of a sync within a mode change; the outputs are known later. */
export type CopyOptions = Omit<SyncOptions, "outputs">;

export function syncOptions({ allow, dryRun }: SwitchOptions): CopyOptions {
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
  options: CopyOptions,
  outputs: Outputs,
  context: LifecycleContext,
): Promise<void> {
  const { printer } = context;
  const { performSync } = await import("@pilot-light/sync/sync");
  const { plan, result } = await performSync(
    direction,
    { ...options, outputs: { values: outputs } },
    context,
    () => Promise.resolve(),
  );
  const { source, target } = plan;
  printer.line(
    `  ${"sync".padEnd(10)}${target.system} is verified equal to ${source.system}: ${plural(result.tables, "table")}, ${plural(result.rows, "row")}, ${formatBytes(result.archiveBytes)} in S3`,
  );
  printer.line(`  ${"".padEnd(10)}to take it back: pnpm sync undo ${target.system}`);
  for (const warning of result.warnings) printer.warn(warning);
}
