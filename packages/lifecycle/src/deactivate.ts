/** `pnpm deactivate`: look, guard, plan, ask; then stop the writers, sync, take a snapshot, deploy, look for leftovers. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import type { Outputs } from "@pilot-light/core/contract";
import { formatMinute, plural } from "@pilot-light/core/output/format";
import type { Divergence } from "@pilot-light/sync/divergence";
import type { Plan as SyncPlan } from "@pilot-light/sync/plan/plan";
import { resumeLine } from "./journal/command-hints.ts";
import type { LifecycleContext } from "./context.ts";
import { assertCopied } from "./preflight/copy-check.ts";
import { copyToNeon, lookAtCopy } from "./steps/copy-to-neon.ts";
import type { Database } from "./aws/database.ts";
import { deploy } from "./steps/deploy.ts";
import { publicNames, withDatabase } from "./terraform/deployed.ts";
import {
  databaseGoes,
  judgeDatabaseComing,
  judgeDatabaseGoing,
  judgeLosses,
  judgeNewer,
  judgeProduction,
} from "./plan/guards.ts";
import { findDone, type StepName } from "./journal/journal.ts";
import {
  lookAtBasics,
  lookAtNeon,
  lookAtNewer,
  lookAtPlan,
  lookAtSync,
  modeOf,
  newerNotes,
} from "./preflight/checks.ts";
import type { SwitchOptions } from "./options.ts";
import { Preflight } from "./preflight/preflight.ts";
import { whereIsProduction, type ProductionAnswer } from "./preflight/production.ts";
import { finish, stayAsItIs } from "./steps/finish.ts";
import { Run } from "./journal/step-runner.ts";
import { listSnapshots, prunable, snapshotName, takeSnapshot, usualKeep } from "./aws/snapshots.ts";
import {
  agree,
  beforeAnything,
  beginJournal,
  openSwitch,
  refuse,
  syncOptions,
  type Switch,
} from "./mode-change.ts";
import { makeSwitchPlan, type SwitchPlan } from "./plan/mode-change-plan.ts";
import { isComplete } from "./terraform/changes.ts";
import type { SavedPlan } from "./terraform/stack.ts";

/** What was looked at before anything is changed. */
interface Seen {
  /** With the database that is there, whatever an interrupted deactivation has left of the outputs. */
  outputs: Outputs;
  contents: SavedPlan;
  database: Database | undefined;
  production: ProductionAnswer;
  sync: SyncPlan | null;
  divergence: Divergence | null;
  willSync: boolean;
}

/** Runs `pnpm deactivate`. */
export async function deactivate(given: SwitchOptions, command: CommandContext): Promise<CommandOutcome> {
  await using context = await openSwitch("deactivate", given, command);
  const { options } = context;
  const seen = await beforeAnything(() => look(context));
  const { contents, database, divergence, outputs, production } = seen;
  if (isPilotLight(seen, context)) return await stayAsItIs("deactivate", seen, context);
  const { changes } = contents;
  refuse([
    judgeProduction(production, options),
    judgeLosses("deactivate", changes, options),
    judgeDatabaseComing(changes, options),
    judgeDatabaseGoing(changes, { database, activeNow: outputs.dev_activated }, options),
    judgeNewer("deactivate", divergence, options),
  ]);
  const plan = planFor(seen, context);
  const planned = await beforeAnything(() => agree(plan, seen.contents, context));
  return planned ?? (await carryOut(plan, seen, context));
}

async function look(context: Switch): Promise<Seen> {
  const { printer, options, signal, syncData } = context;
  const preflight = new Preflight(printer);
  const { outputs, database } = lookAtBasics(preflight, context);
  const contents = lookAtPlan(preflight, context, [outputs], () =>
    Promise.resolve([...options.variables, "-var=dev_activated=false"]),
  );
  const production = lookAtProduction(preflight, context, outputs, contents);
  const existing = outputs.then(async (read) =>
    read.database_endpoint === "" ? withDatabase(read, (await contents).before) : read,
  );
  // Whatever keeps them from being read is told by the look that reads them.
  existing.catch(() => undefined);
  const willSync = syncData && !(await lookAtCopy(preflight, existing, context));
  const neon = willSync ? lookAtNeon(preflight, context, "target") : undefined;
  const none = Promise.resolve(null);
  const sync =
    neon === undefined
      ? none
      : lookAtSync(preflight, context, "rds-to-neon", syncOptions(options), [neon, database], existing);
  const divergence = neon === undefined ? none : lookAtNewer(preflight, context, [neon, database], existing);
  await preflight.report(signal);
  return {
    outputs: await existing,
    contents: await contents,
    database: await database,
    production: await production,
    sync: await sync,
    divergence: await divergence,
    willSync,
  };
}

/** Where nothing of the environment is public, production cannot be here. */
function lookAtProduction(
  preflight: Preflight,
  { environment, options, signal }: Switch,
  outputs: Promise<Outputs>,
  contents: Promise<SavedPlan>,
): Promise<ProductionAnswer> {
  return preflight.look("production", async () => {
    const [deployed, { before }] = await Promise.all([outputs, contents]);
    const names = publicNames(deployed, before);
    const value = await whereIsProduction(environment, names, signal);
    const refusal = judgeProduction(value, options);
    if (refusal !== undefined && names.length > 0) throw refusal;
    return { value, summary: `${value.place}: ${value.reason}` };
  });
}

function isPilotLight({ outputs, contents }: Seen, { resume }: Switch): boolean {
  return !outputs.dev_activated && isComplete(contents.changes) && resume === undefined;
}

function planFor(seen: Seen, context: Switch): SwitchPlan {
  const { names, aws, resume, syncData } = context;
  const again = stepsAgain(seen);
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
    steps: steps.filter((step) => again.includes(step) || findDone(resume, step) === undefined),
    images: [],
    ...seen,
    notes: notesOf(seen, context),
  });
}

/** Steps that a resumed run does again although it had done them: the copy no longer counts, or something is there again. */
function stepsAgain({ contents, willSync }: Seen): StepName[] {
  return [
    ...(willSync ? (["sync", "snapshot"] as const) : []),
    ...(isComplete(contents.changes) ? [] : (["deploy", "validate"] as const)),
  ];
}

function notesOf(
  { contents, divergence, production, willSync }: Seen,
  { options: { keepBackend }, syncData, resume }: Switch,
): string[] {
  const copied = findDone(resume, "sync");
  const goes = databaseGoes(contents.changes);
  const backend = keepBackend
    ? "the backend runs on while the copy is taken: what it writes meanwhile does not reach Neon"
    : "the backend is stopped before the copy, so that no row is written after it";
  const withoutCopy = goes
    ? "NO DATA IS COPIED TO NEON: what was written to RDS goes with it, into the snapshots only"
    : "no data is copied: what was written to RDS stays there (--sync-data brings it to Neon)";
  return [
    ...(resume === undefined ? [] : [`goes on with the run of ${formatMinute(resume.startedAt)} UTC`]),
    ...(production.place === "elsewhere"
      ? []
      : [`production: ${production.place}: ${production.reason} (--allow-production)`]),
    ...(willSync ? [backend] : []),
    ...newerNotes(divergence?.neon.changed, "Neon"),
    ...(syncData && !willSync && copied !== undefined
      ? [`Neon has the data of ${formatMinute(copied.at)} UTC: the copy of the interrupted run is still true`]
      : []),
    ...(goes ? ["the database goes: a snapshot is taken first, and Terraform takes a final one"] : []),
    ...(syncData ? [] : [withoutCopy]),
  ];
}

async function carryOut(plan: SwitchPlan, seen: Seen, context: Switch): Promise<CommandOutcome> {
  const { journal, names, options, resume, stack, syncData } = context;
  const { contents, outputs } = seen;
  if (resume === undefined) {
    await beginJournal({ command: "deactivate", createsDatabase: false, images: {} }, context);
  } else {
    await journal.goOn(stepsAgain(seen));
  }
  const run = new Run(context, resumeLine("deactivate", options));
  if (syncData) await copyToNeon(run, outputs, context);
  const neonHas = syncData ? " Neon has the rows of RDS, and the backend is stopped." : "";
  const goes = databaseGoes(contents.changes);
  let snapshot = "";
  if (goes) {
    const standing = () => `Nothing was destroyed by this run.${neonHas}`;
    await run.step("snapshot", async () => void (snapshot = await keepSnapshot(context)), { standing });
  }
  const state = { begun: false };
  const kept = goes ? "in Neon or in a snapshot" : "still there";
  await run.step(
    "deploy",
    async () => {
      // What was verified a snapshot or some days ago must still be so.
      const isFresh =
        !goes && run.finished.some(({ step, outcome }) => step === "sync" && outcome === "done");
      if (syncData && !isFresh && outputs.database_endpoint !== "") {
        await assertCopied(outputs, journal.last?.copy ?? null, options, context);
      }
      state.begun = true;
      await deploy(stack, contents, context);
    },
    {
      standing: () =>
        state.begun
          ? `Some of the compute may be gone; what holds data is ${kept}.${neonHas}`
          : `Nothing was destroyed by this run.${neonHas}`,
    },
  );
  const snapshots = goes ? [snapshot, `${names.finalSnapshotPrefix}...`].filter((id) => id !== "") : [];
  const left = await run.between("The environment is switched off.", () => stack.outputs());
  const outcome = await finish({ plan, run, outputs: left, snapshots }, context);
  await tellOfSnapshots(context);
  return outcome;
}

/** Returns its name. */
async function keepSnapshot({ aws, printer, names, project, signal, syncData }: Switch): Promise<string> {
  const id = snapshotName(names, new Date());
  return await printer.step("snapshot", async (show) => {
    show(`${id}, usually some minutes`);
    const copiedTo = syncData ? "neon" : "none";
    await takeSnapshot(aws, { id, instance: names.databaseInstance, project, copiedTo }, signal);
    return { value: id, summary: `${id} is available` };
  });
}

async function tellOfSnapshots({ aws, printer, names, signal }: LifecycleContext): Promise<void> {
  const surplus = prunable(await listSnapshots(aws, names, signal).catch(() => []), usualKeep);
  if (surplus.length > 0) {
    printer.line(`  ${plural(surplus.length, "old snapshot")} could go:  pnpm snapshots prune`);
  }
}
