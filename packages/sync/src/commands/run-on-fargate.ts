/**
 * Runs a sync inside AWS: one task reads both databases and reports the plan, this machine asks, and a second task with enough storage runs
 * the sync.
 */
import { readVariable, type VariableName } from "@pilot-light/core/config/env";
import { readNumber } from "@pilot-light/core/config/numbers";
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { idOf as runId } from "@pilot-light/core/history/run-record";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded, usage } from "@pilot-light/core/errors";
import { OpsError } from "@pilot-light/core/ops-error";
import { readNeon } from "@pilot-light/core/postgres/neon-url";
import { idOf, ownerOf, stopAbandonedTasks } from "@pilot-light/core/reach/owned-tasks";
import { directions, type DirectionName } from "../direction.ts";
import type { Plan } from "../documents.ts";
import { neonSecretDiffers } from "../fargate/errors.ts";
import { assertCanStart, syncPlace } from "../fargate/place.ts";
import type { TaskResult } from "../fargate/result.ts";
import { neededStorage } from "../fargate/storage.ts";
import { runInTask, untilStopped, type RunContext } from "../fargate/task.ts";
import type { SyncOptions } from "../options.ts";
import { stating } from "../plan/resulting-state.ts";
import { readEnvironment } from "../resolve.ts";
import {
  assertFilterFits,
  contentFlags,
  filterArguments,
  safetyFlags,
  syncedOutcome,
  type SyncCommandOptions,
} from "./content-flags.ts";
import { printPlan, printResult } from "./render.ts";

/** Variables that this command passes on to the command in the task. */
const passedVariables = [
  "PILOT_LIGHT_ACCOUNT_ID",
  "PGCONNECT_TIMEOUT",
  "PILOT_LIGHT_STALL_SECONDS",
] as const satisfies VariableName[];

export async function runOnFargate(
  name: DirectionName,
  { afterRestore, schema = [], excludeTableData = [], ...given }: SyncCommandOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const { printer, signal } = context;
  if (afterRestore !== undefined) {
    throw usage({ problem: "--on-fargate excludes --after-restore: the task does not have the file." });
  }
  assertFilterFits({ schema, excludeTableData }, directions[name].target);
  const options = { ...given, schema, excludeTableData };
  const command = [
    `pnpm sync ${name} --on-fargate`,
    ...contentFlags({ schema, excludeTableData }),
    ...safetyFlags(given),
  ].join(" ");
  if (!options.dryRun && !options.yes && !canAsk()) throw confirmationNeeded({ command });
  const start = performance.now();
  const { plan, run } = await stating("nothing-written", signal, async () => {
    const prepared = await prepare(name, options, context);
    // This task only reads. If it fails, nothing was written.
    const planned = await prepared("--dry-run", undefined).catch((error: unknown) => {
      throw error instanceof OpsError ? error.with({ state: "nothing-written" }) : error;
    });
    assertSameNeon(planned.plan, context);
    return { plan: planned.plan, run: prepared };
  });
  printPlan(plan, printer, { ...options, inTask: true });
  printer.log.add({ plan });
  const storage = neededStorage(plan);
  if (options.dryRun) {
    printer.line(`  To run it:  ${command}`);
    return { outcome: "planned", document: { plan }, next: [{ purpose: "to run it", command }] };
  }
  if (!options.yes) {
    const { database, system } = plan.target;
    await confirmByName(`This replaces the database ${database} on ${system}.`, database, signal);
  }
  const synced = await stating("target-unchanged", signal, () => run("--yes", storage));
  if (synced.outcome !== "synced") return { outcome: "planned", document: { plan: synced.plan } };
  printResult(synced.plan, synced.result, performance.now() - start, printer);
  return syncedOutcome(synced.plan, synced.result);
}

/**
 * Checks that the stored URL and NEON_DATABASE_URL, if it is set, name the same database: a person who has set the variable expects that
 * database in the plan.
 * @throws OpsError NEON_SECRET_DIFFERS (configuration)
 */
function assertSameNeon({ source, target }: Plan, { environment, printer }: CommandContext): void {
  if (readVariable(environment, "NEON_DATABASE_URL") === undefined) return;
  const describe = ({ host, database }: { host: string; database: string }) => `${database} @ ${host}`;
  const stored = describe(source.system === "neon" ? source : target);
  const local = describe(readNeon(environment, printer.redactor));
  if (stored !== local) throw neonSecretDiffers({ stored, local });
}

type RunTask = (mode: "--dry-run" | "--yes", storage: number | undefined) => Promise<TaskResult>;

/** Checks everything that needs no task, and stops the tasks that killed commands left. */
async function prepare(name: DirectionName, options: SyncOptions, context: CommandContext): Promise<RunTask> {
  const { environment, printer, signal } = context;
  const { aws, names, raw } = await readEnvironment(options.outputs, context);
  const place = syncPlace(raw, names.stack);
  await assertCanStart(place, aws, signal);
  const running: RunContext = {
    aws,
    signal,
    print: (line) => printer.progress(line),
    warn: (text) => printer.warn(text),
    detail: (text) => printer.detail(text),
  };
  const owner = await ownerOf(running);
  const left = await stopAbandonedTasks(place, owner, running);
  if (left.length > 0) {
    printer.warn(`stopping ${left.map(idOf).join(", ")}, which a killed command left`);
    await untilStopped(place, left, running);
  }
  const startSeconds = readNumber(environment, "PILOT_LIGHT_SSM_TASK_SECONDS");
  // Both commands store a record with the same id. If this machine is switched off, the record of the task remains.
  printer.log.isShared = true;
  const passed = passedVariables.flatMap((variable) => {
    const value = environment[variable];
    return value === undefined || value === "" ? [] : [[variable, value] as const];
  });
  return async (mode, storage) => {
    const purpose = mode === "--yes" ? "to sync" : "to read both databases";
    printer.progress(`  starting a task ${purpose}, which takes about a minute`);
    const ended = await runInTask(
      {
        ...{ place, owner, storage },
        command: [name, mode, "--json", ...flagsOf(options, printer.verbose)],
        environment: {
          ...Object.fromEntries(passed),
          PILOT_LIGHT_OUTPUTS: place.outputs,
          PILOT_LIGHT_TASK_OF: runId(printer.log),
        },
        startSeconds,
      },
      running,
    );
    const { taskResult } = await import("../fargate/result.ts");
    return taskResult(ended, place.image, signal);
  };
}

/** The options of this command as arguments of the command in the task. */
function flagsOf(options: SyncOptions, verbose: boolean): string[] {
  return [
    ...safetyFlags({ ...options }),
    // Option and pattern are two arguments, because yargs removes the quotes of `--schema="Name"`.
    ...filterArguments(options).flat(),
    `--verify=${options.verify}`,
    `--jobs=${options.jobs}`,
    ...(verbose ? ["--verbose"] : []),
  ];
}
