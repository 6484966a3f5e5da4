/** The parts that activations and deactivations share, between the preflight and the last step: resume, refuse, confirm, sync. */
import { defaultJobs } from "@pilot-light/core/config/default-jobs";
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { environmentName, type Outputs } from "@pilot-light/core/contract";
import { OpsError, withState } from "@pilot-light/core/ops-error";
import { formatBytes, plural } from "@pilot-light/core/output/format";
import type { DirectionName } from "@pilot-light/sync/direction";
import type { SyncOptions } from "@pilot-light/sync/options";
import { allowedFlags } from "@pilot-light/sync/rules";
import { combine } from "@pilot-light/core/async/settle";
import { againLine, resumeLine } from "./journal/command-hints.ts";
import { hideSecrets, soundsSecret } from "./terraform/variables.ts";
import { openContext, type LifecycleContext } from "./context.ts";
import { nothingToResume, resumeContradicted } from "./errors.ts";
import { Journal, type JournalEntry } from "./journal/journal.ts";
import type { ModeChangeName, ModeChangeOptions } from "./options.ts";
import { guardOf } from "./plan/guards/sync-flags.ts";
import { printHead, printPlan } from "./plan/render.ts";
import { assertSecretsGiven, splitVariables } from "./journal/secret-variables.ts";
import type { ModeChangePlan } from "./plan/mode-change-plan.ts";
import type { SavedPlan } from "./terraform/stack.ts";

/** The context of one mode change. */
export interface ModeChangeContext extends LifecycleContext {
  journal: Journal;
  /** The run to resume; undefined without `--resume`. */
  resume: JournalEntry | undefined;
  /** The options of this command, and those that the run to resume was started with. */
  options: ModeChangeOptions;
  syncData: boolean;
}

/**
 * Opens the context of a mode change, with its journal. Runs no check yet.
 * @param given the options of the command
 * @throws OpsError CONFIRMATION_NEEDED, NOTHING_TO_RESUME, VARIABLE_NEEDED (precondition), RESUME_CONTRADICTED (usage),
 *   JOURNAL_UNREADABLE (configuration)
 */
export async function openModeChange(
  command: ModeChangeName,
  given: ModeChangeOptions,
  commandContext: CommandContext,
): Promise<ModeChangeContext> {
  const { dryRun, yes } = given;
  hideSecrets(given.variables, soundsSecret, commandContext.printer.redactor);
  if (!dryRun && !yes && !canAsk()) {
    throw confirmationNeeded({
      command: given.resume ? resumeLine(command, given) : againLine(command, given),
    });
  }
  // A deactivation stops the backend before the copy, and with it every session through its tasks.
  const usesBackend = command === "activate" || given.keepBackend;
  const context = await openContext(commandContext, { via: given.via, usesBackend });
  const { aws, printer, project } = context;
  try {
    const title = `${command === "activate" ? "Activate" : "Deactivate"}  ${project} ${environmentName}, ${aws.region}`;
    printHead(title, dryRun ? "dry run, nothing is written" : "", printer);
    const journal = await Journal.open(context);
    const resume = findRunToResume(command, given, journal);
    const options = resume === undefined ? given : withResumedOptions(given, resume);
    return { ...context, journal, resume, options, syncData: options.syncData === true };
  } catch (error) {
    await context[Symbol.asyncDispose]();
    throw error;
  }
}

/** @throws OpsError NOTHING_TO_RESUME (precondition) */
function findRunToResume(
  command: ModeChangeName,
  { resume }: ModeChangeOptions,
  journal: Journal,
): JournalEntry | undefined {
  if (!resume) return undefined;
  const { unfinished } = journal;
  if (unfinished?.command === command) return unfinished;
  throw nothingToResume({ command, other: unfinished?.command, journal: journal.place });
}

/**
 * The options that the run was started with still apply. Variables of this command come after those of the run, so they have precedence.
 * @throws OpsError RESUME_CONTRADICTED (usage), VARIABLE_NEEDED (precondition)
 */
function withResumedOptions(given: ModeChangeOptions, resume: JournalEntry): ModeChangeOptions {
  const { command, startedAt, syncData, variables, secretVariables } = resume;
  if (given.syncData !== undefined && given.syncData !== (syncData ?? false)) {
    throw resumeContradicted({
      given: given.syncData ? "--sync-data" : "--no-sync-data",
      startedAt,
      resumeCommand: resumeLine(command, { ...given, syncData: undefined }),
      againCommand: againLine(command, given),
    });
  }
  assertSecretsGiven(secretVariables, given.variables);
  return { ...given, syncData: syncData ?? undefined, variables: [...variables, ...given.variables] };
}

/** @throws the refusals of the guards as one error */
export function refuse(refusals: readonly OpsError[]): void {
  if (refusals.length > 0) throw withState(combine(refusals), "nothing-written");
}

/** Runs the work before any change. An interruption of this work states that nothing was written. */
export async function beforeAnyChange<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OpsError) || error.failure !== "interrupted") throw error;
    throw withState(error, "nothing-written");
  }
}

/**
 * Starts the journal of a new run.
 * @param facts what differs between the commands
 */
export async function beginJournal(
  facts: Pick<JournalEntry, "command" | "createsDatabase" | "images" | "deactivateAt">,
  { journal, options, stack }: ModeChangeContext,
): Promise<void> {
  const secret = await stack.secretVariables();
  const { open, secretNames } = splitVariables(options.variables, secret);
  await journal.begin({
    ...facts,
    syncData: options.syncData ?? null,
    variables: open,
    secretVariables: secretNames,
  });
}

/**
 * Prints the plan and asks for confirmation. Then checks that the state and the journal are still those of the plan.
 * @returns the outcome of a dry run; undefined when the run may continue
 * @throws OpsError NOT_CONFIRMED, STATE_CHANGED, MODE_CHANGE_RUNNING (precondition), INTERRUPTED
 */
export async function confirmPlan(
  plan: ModeChangePlan,
  contents: SavedPlan,
  { printer, signal, stack, journal, options }: ModeChangeContext,
): Promise<CommandOutcome | undefined> {
  printPlan(plan, printer);
  printer.log.add({ plan });
  const { command } = plan;
  if (options.dryRun) {
    const line = options.resume ? resumeLine(command, options) : againLine(command, options);
    printer.line(`  Nothing was written. To run it:  ${line}`);
    return {
      outcome: "planned",
      document: { plan },
      summary: `The command would ${command} ${plan.environment}. Nothing was written.`,
      next: [{ purpose: "to run it", command: line }],
    };
  }
  if (!options.yes) {
    const verb = command === "activate" ? "activates" : "deactivates";
    await confirmByName(`This ${verb} ${plan.environment}.`, plan.environment, signal);
  }
  await Promise.all([stack.assertCurrent(contents), journal.assertUnchanged()]);
  return undefined;
}

/** The options of a sync within a mode change; the outputs are known later. */
export type CopyOptions = Omit<SyncOptions, "outputs" | "routes" | "via">;

/** @param lineOf the command that the hint of a refusal shows, with the flag that allows the refusal */
export function syncOptions(
  command: ModeChangeName,
  options: ModeChangeOptions,
  lineOf = options.resume ? resumeLine : againLine,
): CopyOptions {
  const { allow, dryRun } = options;
  return {
    dryRun,
    yes: true,
    verify: "checksums",
    jobs: defaultJobs,
    targetBackup: true,
    ...allowedFlags((option) => allow.has(guardOf(option))),
    commandAllowing: (option) => lineOf(command, { ...options, allow: new Set([...allow, guardOf(option)]) }),
  };
}

/** Syncs without another prompt: a person confirmed the plan, and the sync checks again what may have changed since. */
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
    { ...options, outputs: { values: outputs }, routes: context.routes },
    context,
    () => Promise.resolve(),
  );
  printer.log.add({ result });
  const { source, target } = plan;
  const rows = `${plural(result.tables, "table")}, ${plural(result.rows, "row")}, ${formatBytes(result.archiveBytes)} in S3`;
  printer.row({
    label: `  ${"sync".padEnd(10)}`,
    text: `${target.system} is verified equal to ${source.system}: ${rows}`,
  });
  printer.row({ label: " ".repeat(12), text: `to undo the sync:  pnpm sync undo ${target.system}` });
  for (const warning of result.warnings) printer.warn(warning);
}
