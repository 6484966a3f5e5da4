/** `pnpm deactivate`: look, guard, plan, ask; then stop the writers, sync, take a snapshot, deploy, look for leftovers. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/command";
import type { Outputs } from "@pilot-light/core/contract";
import { formatMinute, plural } from "@pilot-light/core/format";
import type { Plan as SyncPlan } from "@pilot-light/sync/plan";
import type { LifecycleContext } from "./context.ts";
import { copyToNeon, isCopied } from "./copy-to-neon.ts";
import type { Database } from "./database.ts";
import { deploy } from "./deploy.ts";
import { databaseGoes, judgeDatabaseGoing, judgeLosses, judgeProduction, judgeResync } from "./guards.ts";
import { findDone, type StepName } from "./journal.ts";
import { lookAtBasics, lookAtNeon, lookAtPlan, lookAtSync, modeOf } from "./look.ts";
import type { SwitchOptions } from "./options.ts";
import { Preflight } from "./preflight.ts";
import { whereIsProduction, type ProductionAnswer } from "./production.ts";
import { finish, stayAsItIs } from "./result.ts";
import { Run } from "./run.ts";
import { listSnapshots, prunable, snapshotName, takeSnapshot, usualKeep } from "./snapshots.ts";
import { agree, openSwitch, refuse, syncOptions, type Switch } from "./switch.ts";
import { makeSwitchPlan, type SwitchPlan } from "./switch-plan.ts";
import { isComplete } from "./terraform/changes.ts";
import type { SavedPlan } from "./terraform/stack.ts";

/** What was looked at before anything is changed. */
interface Seen {
  outputs: Outputs;
  contents: SavedPlan;
  database: Database | undefined;
  production: ProductionAnswer;
  sync: SyncPlan | null;
  willSync: boolean;
}

/** Runs `pnpm deactivate`. */
export async function deactivate(options: SwitchOptions, command: CommandContext): Promise<CommandOutcome> {
  await using context = await openSwitch("deactivate", options, command);
  const seen = await look(options, context);
  const { contents, database, outputs, production, willSync } = seen;
  if (isPilotLight(seen, context)) return await stayAsItIs("deactivate", seen, options, context);
  const { changes } = contents;
  refuse([
    judgeProduction(production, options),
    judgeLosses("deactivate", changes, options),
    judgeDatabaseGoing(changes, database, context.resume?.syncData ?? options.syncData),
    judgeResync("deactivate", { activeNow: outputs.dev_activated, willSync, ...context }, options),
  ]);
  const plan = planFor(seen, options, context);
  const planned = await agree(plan, seen.contents, options, context);
  return planned ?? (await carryOut(plan, seen, options, context));
}

async function look(options: SwitchOptions, context: Switch): Promise<Seen> {
  const { console, signal, syncData } = context;
  const preflight = new Preflight(console);
  const { outputs, database } = lookAtBasics(preflight, context);
  const willSync = syncData && !(await isCopied(outputs, context));
  const neon = willSync ? lookAtNeon(preflight, context, "target") : undefined;
  const sync =
    neon === undefined
      ? Promise.resolve(null)
      : lookAtSync(preflight, context, "rds-to-neon", syncOptions(options), [neon, database], outputs);
  const production = lookAtProduction(preflight, context, outputs, options);
  const contents = lookAtPlan(preflight, context, [outputs], () =>
    Promise.resolve([...options.variables, "-var=dev_activated=false"]),
  );
  await preflight.report(signal);
  return {
    outputs: await outputs,
    contents: await contents,
    database: await database,
    production: await production,
    sync: await sync,
    willSync,
  };
}

/** Where an environment in pilot light has nothing public, production cannot be here. */
function lookAtProduction(
  preflight: Preflight,
  { environment, signal }: LifecycleContext,
  outputs: Promise<Outputs>,
  options: SwitchOptions,
): Promise<ProductionAnswer> {
  return preflight.look("production", async () => {
    const deployed = await outputs;
    const value = await whereIsProduction(environment, deployed, signal);
    const refusal = judgeProduction(value, options);
    if (refusal !== undefined && deployed.dev_activated) throw refusal;
    return { value, summary: `${value.place}: ${value.reason}` };
  });
}

function isPilotLight({ outputs, contents }: Seen, { resume }: Switch): boolean {
  return !outputs.dev_activated && isComplete(contents.changes) && resume === undefined;
}

function planFor(seen: Seen, options: SwitchOptions, context: Switch): SwitchPlan {
  const { names, aws, syncData } = context;
  const steps: StepName[] = [
    ...(syncData ? (["sync"] as const) : []),
    ...(databaseGoes(seen.contents.changes) ? (["snapshot"] as const) : []),
    "deploy",
    "validate",
  ];
  return makeSwitchPlan({
    command: "deactivate",
    environment: names.stack,
    region: aws.region,
    from: modeOf(seen.outputs),
    steps,
    images: [],
    ...seen,
    notes: notesOf(seen, options, context),
  });
}

function notesOf(
  { contents, production, willSync }: Seen,
  { keepBackend }: SwitchOptions,
  { syncData, resume }: Switch,
): string[] {
  const copied = findDone(resume, "sync");
  const goes = databaseGoes(contents.changes);
  const backend = keepBackend
    ? "the backend runs on while the copy is taken: what it writes meanwhile does not reach Neon"
    : "the backend is stopped before the copy, so that no row is written after it";
  return [
    ...(production.place === "elsewhere"
      ? []
      : [`production: ${production.place}: ${production.reason} (--allow-production)`]),
    ...(willSync ? [backend] : []),
    ...(syncData && !willSync && copied !== undefined
      ? [`Neon has the data of ${formatMinute(copied.at)} UTC: the sync of the interrupted run counts`]
      : []),
    ...(goes ? ["the database goes: a snapshot is taken first, and Terraform takes a final one"] : []),
    ...(syncData || goes
      ? []
      : ["no data is copied: what was written to RDS stays there (--sync-data brings it to Neon)"]),
  ];
}

async function carryOut(
  plan: SwitchPlan,
  seen: Seen,
  options: SwitchOptions,
  context: Switch,
): Promise<CommandOutcome> {
  const { console, journal, resume, stack, syncData } = context;
  const { contents, willSync } = seen;
  if (resume === undefined) {
    await journal.begin({ command: "deactivate", syncData, createsDatabase: false, images: {} });
  } else if (willSync) {
    await journal.change(({ done }) => ({ done: done.filter(({ step }) => step !== "sync") }));
  }
  const run = new Run("deactivate", journal, console);
  if (syncData) {
    await copyToNeon(run, seen.outputs, options, context);
  }
  const goes = databaseGoes(contents.changes);
  if (goes) {
    const standing = `Nothing was destroyed.${syncData ? " Neon has the rows; the backend is stopped." : ""}`;
    await run.step("snapshot", () => keepSnapshot(context), { standing });
  }
  const kept = goes ? "in Neon or in a snapshot" : "still there";
  await run.step("deploy", () => deploy(stack, contents, context), {
    standing: `Some of the compute may be gone; what holds data is ${kept}.`,
  });
  const outcome = await finish({ plan, run, outputs: await stack.outputs(), options }, context);
  await tellOfSnapshots(context);
  return outcome;
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
