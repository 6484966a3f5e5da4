/** `pnpm deactivate`: look, guard, plan, ask; then stop the writers, sync, take a snapshot, deploy, look for leftovers. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/command";
import { environmentName, type Outputs } from "@pilot-light/core/contract";
import { plural } from "@pilot-light/core/format";
import { openContext, type LifecycleContext } from "./context.ts";
import { deploy } from "./deploy.ts";
import { databaseGoes, judgeDatabaseGoing, judgeLosses, judgeProduction, judgeResync } from "./guards.ts";
import { validateHealth } from "./health.ts";
import { Journal, journalStore, type JournalEntry, type StepName } from "./journal.ts";
import { lookAtBasics, lookAtNeon, lookAtPlan, lookAtSync, modeOf, syncOptions } from "./look.ts";
import type { SwitchOptions } from "./options.ts";
import { Preflight } from "./preflight.ts";
import { whereIsProduction, type ProductionAnswer } from "./production.ts";
import { printHead } from "./render.ts";
import { endpointsOf, finish, stayAsItIs } from "./result.ts";
import { Run } from "./run.ts";
import { listSnapshots, prunable, snapshotName, takeSnapshot, usualKeep } from "./snapshots.ts";
import { agree, assertCanAsk, refuse, resumed, syncNow } from "./switch.ts";
import { makeSwitchPlan } from "./switch-plan.ts";
import { readWriters, scaleWriters, waitUntilStopped } from "./writers.ts";

export async function deactivate(options: SwitchOptions, command: CommandContext): Promise<CommandOutcome> {
  const start = performance.now();
  await using context = await openContext(command);
  const { console, names, aws, directory, project, environment, signal, stack } = context;
  assertCanAsk(options, "deactivate");
  printHead(
    `Deactivate  ${project} ${environmentName}, ${aws.region}`,
    options.dryRun ? "dry run, nothing is written" : "",
    console,
  );
  const journal = await Journal.open(journalStore(environment, names, directory));
  const resume = resumed("deactivate", options, journal);
  const syncData = resume?.syncData ?? options.syncData === true;

  const preflight = new Preflight(console);
  const { outputs: reading, database } = lookAtBasics(preflight, context);
  const willSync = syncData && !(await staysSynced(resume, reading, context));
  const neon = willSync ? lookAtNeon(preflight, context, "target") : undefined;
  const syncing =
    neon === undefined
      ? Promise.resolve(null)
      : lookAtSync(preflight, context, "rds-to-neon", syncOptions(options, true), [neon, database], reading);
  const production = lookAtProduction(preflight, context, reading, options);
  const planning = lookAtPlan(preflight, context, [reading], () =>
    Promise.resolve(["-var=dev_activated=false", ...options.variables]),
  );
  await preflight.report(signal);

  const [outputs, contents, sync, instance] = await Promise.all([reading, planning, syncing, database]);
  const complete = contents.changes.every(({ action }) => action !== "destroy" && action !== "create");
  if (!outputs.dev_activated && complete && resume === undefined) {
    return await stayAsItIs("deactivate", { contents, outputs, syncData, journal, options }, context);
  }
  const goes = databaseGoes(contents.changes);
  refuse([
    judgeProduction(await production, options),
    judgeLosses("deactivate", contents.changes, options),
    judgeDatabaseGoing(contents.changes, instance, {
      ...options,
      syncData: resume?.syncData ?? options.syncData,
    }),
    judgeResync(
      "deactivate",
      {
        activeNow: outputs.dev_activated,
        unfinished: journal.unfinished,
        willSync,
        resumed: resume !== undefined,
      },
      options,
    ),
  ]);
  const steps: StepName[] = [
    ...(syncData ? (["sync"] as const) : []),
    ...(goes ? (["snapshot"] as const) : []),
    "deploy",
    "validate",
  ];
  const plan = makeSwitchPlan({
    command: "deactivate",
    environment: names.stack,
    region: aws.region,
    from: modeOf(outputs),
    steps,
    contents,
    images: [],
    sync,
    notes: notesOf({ syncData, willSync, goes, production: await production }),
  });
  const planned = await agree(plan, options, context);
  if (planned !== undefined) return planned;

  if (resume === undefined) {
    await journal.begin({ command: "deactivate", syncData, createsDatabase: false, images: {} });
  } else if (syncData && willSync) {
    await journal.change(({ done }) => ({ done: done.filter(({ step }) => step !== "sync") }));
  }
  const run = new Run("deactivate", journal, console);
  if (syncData) {
    await run.step("sync", () => copyToNeon(outputs, options, journal, context), {
      standing: "Nothing was destroyed; the environment is active.",
      undo: () => startWriters(outputs, journal, context),
    });
  }
  if (goes) {
    await run.step("snapshot", () => keepSnapshot(context), {
      standing: `Nothing was destroyed.${syncData ? " Neon has the rows; the backend is stopped." : ""}`,
    });
  }
  await run.step(
    "deploy",
    async () => {
      await deploy(stack, contents, context);
    },
    {
      standing: `Some of the compute may be gone; what holds data is ${goes ? "in Neon or in a snapshot" : "still there"}.`,
    },
  );
  const now = await stack.outputs();
  const outputsFile = await stack.writeOutputs(now);
  const health = await validateHealth({ directory, outputsFile, wait: options.wait }, context);
  const result = await finish(
    { plan, run, journal, health, outputs: now, endpoints: endpointsOf(now), start },
    context,
  );
  await tellOfSnapshots(context);
  return result;
}

/**
 * Whether the sync of a resumed run still counts: it does while the backend has not been started again. Where the compute is
 * half gone there is nothing that could write.
 */
async function staysSynced(
  resume: JournalEntry | undefined,
  reading: Promise<Outputs>,
  { aws, console, signal }: LifecycleContext,
): Promise<boolean> {
  if (resume?.done.some(({ step }) => step === "sync") !== true) return false;
  if (resume.begun.includes("deploy")) return true;
  const outputs = await reading.catch(() => undefined);
  const writers =
    outputs === undefined ? undefined : await readWriters(aws, outputs, signal).catch(() => undefined);
  if (writers === undefined || (writers.desired === 0 && writers.running === 0)) return true;
  console.warn("the backend was started again after the sync: it is repeated");
  return false;
}

/** Stops the backend, so that no row is written after the copy, and copies. */
async function copyToNeon(
  outputs: Outputs,
  options: SwitchOptions,
  journal: Journal,
  context: LifecycleContext,
): Promise<void> {
  const { aws, console, signal } = context;
  const writers = await readWriters(aws, outputs, signal);
  if (writers !== undefined && (writers.desired > 0 || writers.running > 0)) {
    await console.step("backend", async (show) => {
      show("stopping, so that nothing is written after the copy");
      // The journal first: a run that is killed in between must know how many there were.
      await journal.change(({ pausedTasks }) => ({ pausedTasks: pausedTasks ?? writers.desired }));
      await scaleWriters(aws, outputs, 0, signal);
      await waitUntilStopped(aws, outputs, signal);
      return {
        value: undefined,
        summary: `stopped (${plural(writers.desired, "task")}), so that nothing is written after the copy`,
      };
    });
  }
  await syncNow("rds-to-neon", syncOptions(options, false), outputs, context);
}

/** Takes the stop of the backend back. Works after an interruption as well. */
async function startWriters(
  outputs: Outputs,
  journal: Journal,
  { aws, console }: LifecycleContext,
): Promise<void> {
  const tasks = journal.unfinished?.pausedTasks ?? null;
  if (tasks === null) return;
  try {
    await scaleWriters(aws, outputs, tasks);
    await journal.change(() => ({ pausedTasks: null }));
    console.line(`  ${"backend".padEnd(10)}started again (${plural(tasks, "task")})`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.warn(`${why} Start it:  pnpm infra:deploy --var dev_activated=true`);
  }
}

async function keepSnapshot({ aws, console, names, project, signal }: LifecycleContext): Promise<void> {
  const id = snapshotName(names, new Date());
  await console.step("snapshot", async (show) => {
    show(`${id}, usually some minutes`);
    await takeSnapshot(aws, { id, instance: names.databaseInstance, project }, signal);
    return { value: undefined, summary: `${id} is available` };
  });
}

async function tellOfSnapshots({ aws, console, names, signal }: LifecycleContext): Promise<void> {
  const surplus = prunable(await listSnapshots(aws, names, signal).catch(() => []), usualKeep);
  if (surplus.length > 0) {
    console.line(`  ${plural(surplus.length, "old snapshot")} could go:  pnpm snapshots prune`);
  }
}

function lookAtProduction(
  preflight: Preflight,
  { environment, signal }: LifecycleContext,
  reading: Promise<Outputs>,
  options: SwitchOptions,
): Promise<ProductionAnswer> {
  return preflight.look("production", async () => {
    const value = await whereIsProduction(environment, await reading, signal);
    const refusal = judgeProduction(value, options);
    if (refusal !== undefined && (await reading).dev_activated) throw refusal;
    return { value, summary: `${value.place}: ${value.reason}` };
  });
}

function notesOf(facts: {
  syncData: boolean;
  willSync: boolean;
  goes: boolean;
  production: ProductionAnswer;
}): string[] {
  const { syncData, willSync, goes, production } = facts;
  return [
    ...(production.place === "elsewhere"
      ? []
      : [`production: ${production.place}: ${production.reason} (--allow-production)`]),
    ...(willSync ? ["the backend is stopped before the copy, so that no row is written after it"] : []),
    ...(syncData && !willSync ? ["Neon has the data already: the sync of the interrupted run counts"] : []),
    ...(goes ? ["the database goes: a snapshot is taken first, and Terraform takes a final one"] : []),
    ...(!syncData && !goes
      ? ["no data is copied: what was written to RDS stays there (--sync-data brings it to Neon)"]
      : []),
  ];
}
