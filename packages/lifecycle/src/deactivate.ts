/** `pnpm deactivate`: check, plan, confirm; then stop the backend, sync, take a snapshot, deploy, validate. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import type { Outputs } from "@pilot-light/core/contract";
import { formatMinute, plural } from "@pilot-light/core/output/format";
import type { Divergence } from "@pilot-light/sync/divergence";
import type { Plan as SyncPlan } from "@pilot-light/sync/plan/plan";
import { resumeLine } from "./journal/command-hints.ts";
import type { LifecycleContext } from "./context.ts";
import { assertCopied } from "./preflight/copy-check.ts";
import { checkEarlierCopy, copyToNeon } from "./steps/copy-to-neon.ts";
import type { Database } from "./aws/database.ts";
import { deploy } from "./steps/deploy.ts";
import { publicNames, withDatabase } from "./terraform/deployed.ts";
import { findDone, type StepName } from "./journal/journal.ts";
import { StepRunner } from "./journal/step-runner.ts";
import {
  checkBasics,
  checkNeon,
  checkNewerRows,
  checkSync,
  checkTerraformPlan,
  modeOf,
} from "./preflight/checks.ts";
import type { ModeChangeOptions } from "./options.ts";
import { readExpiringDumps, type ExpiringDumps } from "./plan/expiring-dumps.ts";
import { Preflight } from "./preflight/preflight.ts";
import { whereIsProduction, type ProductionAnswer } from "./preflight/production.ts";
import { finish, reportUnchangedMode } from "./steps/finish.ts";
import { defaultKeep, listSnapshots, prunable, snapshotName, takeSnapshot } from "./aws/snapshots.ts";
import {
  beforeAnyChange,
  beginJournal,
  confirmPlan,
  openModeChange,
  refuse,
  syncOptions,
  type ModeChangeContext,
} from "./mode-change.ts";
import { databaseWillBeDeleted } from "./plan/database-changes.ts";
import { isAllowed } from "./plan/guards/guard.ts";
import { checkGuards } from "./plan/guards/index.ts";
import { productionGuard } from "./plan/guards/production.ts";
import { makeModeChangePlan, type ModeChangePlan } from "./plan/mode-change-plan.ts";
import { isComplete } from "./terraform/changes.ts";
import type { SavedPlan } from "./terraform/stack.ts";
import type { UnknownResource } from "./terraform/unknown-resources.ts";

/** What the preflight of a deactivation found. */
interface DeactivationFacts {
  /** If an interrupted deactivation has emptied the outputs, the database is read from the resources of the state. */
  outputs: Outputs;
  unknown: readonly UnknownResource[];
  contents: SavedPlan;
  expiring: ExpiringDumps;
  database: Database | undefined;
  production: ProductionAnswer;
  sync: SyncPlan | null;
  divergence: Divergence | null;
  willSync: boolean;
}

/** Runs `pnpm deactivate`. */
export async function deactivate(given: ModeChangeOptions, command: CommandContext): Promise<CommandOutcome> {
  await using context = await openModeChange("deactivate", given, command);
  const facts = await beforeAnyChange(() => inspect(context));
  if (isPilotLight(facts, context)) return await reportUnchangedMode("deactivate", facts, context);
  const { refusals, notes } = checkGuards({
    ...facts,
    command: "deactivate",
    options: context.options,
    changes: facts.contents.changes,
    stackFolder: context.stack.folder,
    activeNow: facts.outputs.dev_activated,
  });
  refuse(refusals);
  const plan = planFor(facts, notes, context);
  const planned = await beforeAnyChange(() => confirmPlan(plan, facts.contents, context));
  return planned ?? (await carryOut(plan, facts, context));
}

async function inspect(context: ModeChangeContext): Promise<DeactivationFacts> {
  const { printer, options, signal, syncData } = context;
  const preflight = new Preflight(printer);
  const { state, outputs, database } = checkBasics(preflight, context);
  const contents = checkTerraformPlan(preflight, context, state, () =>
    Promise.resolve([...options.variables, { name: "dev_activated", value: "false" }]),
  );
  const production = checkProduction(preflight, context, outputs, contents);
  const existing = outputs.then(async (read) =>
    read.database_endpoint === "" ? withDatabase(read, (await contents).before) : read,
  );
  // The checks of the state and of the plan report a failure to read them.
  existing.catch(() => undefined);
  const willSync = syncData && !(await checkEarlierCopy(preflight, existing, context));
  const neon = willSync ? checkNeon(preflight, context, "target") : undefined;
  const none = Promise.resolve(null);
  const sync =
    neon === undefined
      ? none
      : checkSync(
          preflight,
          context,
          "rds-to-neon",
          syncOptions("deactivate", options),
          [neon, database],
          existing,
          () => divergence,
        );
  const divergence: Promise<Divergence | null> =
    neon === undefined ? none : checkNewerRows(preflight, context, [neon, database], existing);
  await preflight.report(signal);
  return {
    outputs: await existing,
    unknown: (await state).unknown,
    contents: await contents,
    expiring: await readExpiringDumps(await contents, context),
    database: await database,
    production: await production,
    sync: await sync,
    divergence: await divergence,
    willSync,
  };
}

/** An environment without a public name cannot serve production. */
function checkProduction(
  preflight: Preflight,
  { environment, options, signal }: ModeChangeContext,
  outputs: Promise<Outputs>,
  contents: Promise<SavedPlan>,
): Promise<ProductionAnswer> {
  return preflight.check("production", async () => {
    const [deployed, { before }] = await Promise.all([outputs, contents]);
    const production = await whereIsProduction(environment, publicNames(deployed, before), signal);
    const [finding] = productionGuard.check({ command: "deactivate", options, production });
    if (finding !== undefined && !isAllowed(productionGuard, options)) throw finding.refusal;
    return { value: production, summary: `${production.place}: ${production.reason}` };
  });
}

function isPilotLight({ outputs, contents }: DeactivationFacts, { resume }: ModeChangeContext): boolean {
  return !outputs.dev_activated && isComplete(contents.changes) && resume === undefined;
}

function planFor(
  facts: DeactivationFacts,
  guardNotes: readonly string[],
  context: ModeChangeContext,
): ModeChangePlan {
  const { names, aws, resume, syncData } = context;
  const repeated = repeatedSteps(facts);
  const steps: StepName[] = [
    ...(syncData ? (["sync"] as const) : []),
    ...(databaseWillBeDeleted(facts.contents.changes) ? (["snapshot"] as const) : []),
    "deploy",
    "validate",
  ];
  return makeModeChangePlan({
    command: "deactivate",
    environment: names.stack,
    region: aws.region,
    from: modeOf(facts.outputs),
    steps: steps.filter((step) => repeated.includes(step) || findDone(resume, step) === undefined),
    images: [],
    deactivateAt: null,
    ...facts,
    notes: [...notesOf(facts, context), ...guardNotes],
  });
}

/** Steps that a resumed run repeats although they were done: the copy no longer counts, or resources exist again. */
function repeatedSteps({ contents, willSync }: DeactivationFacts): StepName[] {
  return [
    ...(willSync ? (["sync", "snapshot"] as const) : []),
    ...(isComplete(contents.changes) ? [] : (["deploy", "validate"] as const)),
  ];
}

function notesOf(
  { contents, willSync }: DeactivationFacts,
  { options: { keepBackend }, syncData, resume }: ModeChangeContext,
): string[] {
  const copied = findDone(resume, "sync");
  const isDeleted = databaseWillBeDeleted(contents.changes);
  const backend = keepBackend
    ? "the backend runs during the copy: rows that it writes meanwhile are not copied to Neon"
    : "the backend will be stopped before the copy, so that no row is written after it";
  const withoutCopy = isDeleted
    ? "NO DATA IS COPIED TO NEON: rows that were written to RDS will only be in the snapshots"
    : "no data is copied: rows that were written to RDS remain in RDS only (--sync-data copies them to Neon)";
  return [
    ...(resume === undefined ? [] : [`resumes the run of ${formatMinute(resume.startedAt)} UTC`]),
    ...(willSync ? [backend] : []),
    ...(syncData && !willSync && copied !== undefined
      ? [
          `Neon has the data of ${formatMinute(copied.at)} UTC: the copy of the interrupted run is still valid`,
        ]
      : []),
    ...(isDeleted
      ? ["the database will be deleted, after a snapshot; Terraform takes a final snapshot as well"]
      : []),
    ...(syncData ? [] : [withoutCopy]),
  ];
}

async function carryOut(
  plan: ModeChangePlan,
  facts: DeactivationFacts,
  context: ModeChangeContext,
): Promise<CommandOutcome> {
  const { journal, names, options, resume, stack, syncData } = context;
  const { contents, outputs } = facts;
  if (resume === undefined) {
    // The time remains until the deactivation has finished, so that a scheduler repeats a failed run.
    const deactivateAt = journal.last?.deactivateAt ?? null;
    await beginJournal({ command: "deactivate", createsDatabase: false, images: {}, deactivateAt }, context);
  } else {
    await journal.resume(repeatedSteps(facts), resume.deactivateAt);
  }
  const runner = new StepRunner(context, resumeLine("deactivate", options));
  if (syncData) await copyToNeon(runner, outputs, context);
  const afterCopy = syncData ? " Neon has the rows of RDS, and the backend is stopped." : "";
  const isDeleted = databaseWillBeDeleted(contents.changes);
  let snapshot = "";
  if (isDeleted) {
    const state = () => `This run has destroyed nothing.${afterCopy}`;
    await runner.step("snapshot", async () => void (snapshot = await takeLastSnapshot(context)), { state });
  }
  const progress = { deployBegun: false };
  const where = isDeleted ? "is in Neon or in a snapshot" : "still exists";
  await runner.step(
    "deploy",
    async () => {
      // A copy may be outdated if it was verified before the snapshot, or days ago.
      const isFresh =
        !isDeleted && runner.finished.some(({ step, outcome }) => step === "sync" && outcome === "done");
      if (syncData && !isFresh && outputs.database_endpoint !== "") {
        await assertCopied(outputs, journal.last?.copy ?? null, options, context);
      }
      progress.deployBegun = true;
      await deploy(stack, contents, context);
    },
    {
      state: () =>
        progress.deployBegun
          ? `Part of the compute may be destroyed. The data ${where}.${afterCopy}`
          : `This run has destroyed nothing.${afterCopy}`,
    },
  );
  const snapshots = isDeleted ? [snapshot, `${names.finalSnapshotPrefix}...`].filter((id) => id !== "") : [];
  const left = await runner.between("The environment is in pilot light.", () => stack.outputs());
  const outcome = await finish({ plan, runner, outputs: left, snapshots }, context);
  await suggestPrune(context);
  return outcome;
}

/** Returns the name of the snapshot. */
async function takeLastSnapshot({
  aws,
  printer,
  names,
  project,
  signal,
  syncData,
}: ModeChangeContext): Promise<string> {
  const id = snapshotName(names, new Date());
  return await printer.step("snapshot", async (show) => {
    show(`${id}, usually some minutes`);
    const copiedTo = syncData ? "neon" : "none";
    await takeSnapshot(aws, { id, instance: names.databaseInstance, project, copiedTo }, signal);
    return { value: id, summary: `${id} is available` };
  });
}

async function suggestPrune({ aws, printer, names, signal }: LifecycleContext): Promise<void> {
  const surplus = prunable(await listSnapshots(aws, names, signal).catch(() => []), defaultKeep);
  if (surplus.length > 0) {
    printer.row({
      label: "  ",
      text: `To delete ${plural(surplus.length, "old snapshot")}:  pnpm snapshots prune`,
    });
  }
}
