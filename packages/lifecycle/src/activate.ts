/** `pnpm activate`: check, plan, confirm; then sync, deploy, wait, validate. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { imageVariables, type Outputs } from "@pilot-light/core/contract";
import { formatMinute } from "@pilot-light/core/output/format";
import type { Divergence } from "@pilot-light/sync/divergence";
import type { Plan as SyncPlan } from "@pilot-light/sync/plan/plan";
import type { AccountFindings } from "./account/index.ts";
import type { LifecycleContext } from "./context.ts";
import { mayWrite, readBackend } from "./aws/backend-service.ts";
import { waitForDatabase } from "./aws/database.ts";
import { findImage, imageNames, type Image } from "./aws/images.ts";
import { deploy } from "./steps/deploy.ts";
import { resumeLine } from "./journal/command-hints.ts";
import { findDone, type JournalEntry, type StepName } from "./journal/journal.ts";
import { StepRunner } from "./journal/step-runner.ts";
import {
  checkAccountFor,
  checkBasics,
  checkNeon,
  checkNewerRows,
  checkSync,
  checkTerraformPlan,
  modeOf,
} from "./preflight/checks.ts";
import type { ImageName, ModeChangeOptions } from "./options.ts";
import { readExpiringDumps, type ExpiringDumps } from "./plan/expiring-dumps.ts";
import { Preflight } from "./preflight/preflight.ts";
import { finish, reportUnchangedMode } from "./steps/finish.ts";
import {
  beforeAnyChange,
  beginJournal,
  confirmPlan,
  openModeChange,
  refuse,
  syncNow,
  syncOptions,
  type ModeChangeContext,
} from "./mode-change.ts";
import { databaseWillBeCreated } from "./plan/database-changes.ts";
import { checkGuards } from "./plan/guards/index.ts";
import { makeModeChangePlan, type ModeChangePlan } from "./plan/mode-change-plan.ts";
import { isComplete } from "./terraform/changes.ts";
import type { SavedPlan } from "./terraform/stack.ts";
import type { UnknownResource } from "./terraform/unknown-resources.ts";

/** What the preflight of an activation found. */
interface ActivationFacts {
  outputs: Outputs;
  unknown: readonly UnknownResource[];
  contents: SavedPlan;
  expiring: ExpiringDumps;
  account: AccountFindings;
  images: readonly Image[];
  sync: SyncPlan | null;
  divergence: Divergence | null;
  willSync: boolean;
  /** The backend runs or starts, so it may write to RDS. */
  backendMayWrite: boolean;
}

/** Runs `pnpm activate`. */
export async function activate(given: ModeChangeOptions, command: CommandContext): Promise<CommandOutcome> {
  await using context = await openModeChange("activate", given, command);
  const { options, resume } = context;
  const facts = await beforeAnyChange(() => inspect(context));
  if (isActive(facts, context)) return await reportUnchangedMode("activate", facts, context);
  const { refusals, notes } = checkGuards({
    ...facts,
    command: "activate",
    options,
    changes: facts.contents.changes,
    stackFolder: context.stack.folder,
    activeNow: facts.outputs.dev_activated,
    createsDatabase: resume?.createsDatabase === true,
  });
  refuse(refusals);
  const plan = planFor(facts, notes, context);
  const planned = await beforeAnyChange(() => confirmPlan(plan, facts.contents, context));
  return planned ?? (await carryOut(plan, facts, context));
}

async function inspect(context: ModeChangeContext): Promise<ActivationFacts> {
  const { aws, printer, names, options, signal, resume, syncData } = context;
  const preflight = new Preflight(printer);
  const { state, outputs, database } = checkBasics(preflight, context);
  const images = checkImages(preflight, context);
  const willSync = syncData && findDone(resume, "sync") === undefined;
  const neon = willSync ? checkNeon(preflight, context, "source") : undefined;
  const contents = checkTerraformPlan(preflight, context, state, async () => [
    ...(await images).map(({ service, reference }) => ({ name: imageVariables[service], value: reference })),
    ...options.variables,
    // Last, because the last value has precedence: a file with variables may set the variable as well.
    { name: "dev_activated", value: "true" },
  ]);
  const account = checkAccountFor(preflight, context, contents);
  const none = Promise.resolve(null);
  const sync =
    neon === undefined
      ? none
      : checkSync(
          preflight,
          context,
          "neon-to-rds",
          syncOptions("activate", options),
          [neon, database],
          outputs,
          () => divergence,
        );
  const divergence: Promise<Divergence | null> =
    neon === undefined ? none : checkNewerRows(preflight, context, [neon, database], outputs);
  const backend = outputs.then(() => readBackend(aws, names, signal));
  // The check of the state reports a failure to read the outputs.
  backend.catch(() => undefined);
  await preflight.report(signal);
  return {
    outputs: await outputs,
    unknown: (await state).unknown,
    contents: await contents,
    expiring: await readExpiringDumps(await contents, context),
    account: await account,
    images: await images,
    sync: await sync,
    divergence: await divergence,
    willSync,
    backendMayWrite: mayWrite(await backend),
  };
}

/** Active, complete, and without a run to resume: an interrupted deactivation may have stopped the backend. */
function isActive({ outputs, contents }: ActivationFacts, { resume, journal }: ModeChangeContext): boolean {
  const isDeactivating = journal.unfinished?.command === "deactivate";
  return outputs.dev_activated && isComplete(contents.changes) && resume === undefined && !isDeactivating;
}

/** Whether the sync runs before the deployment: if the database exists already, the sync fills it before the application starts. */
function syncsFirst(
  { outputs, contents }: ActivationFacts,
  { resume, syncData }: ModeChangeContext,
): boolean {
  const exists = outputs.database_endpoint !== "" && !databaseWillBeCreated(contents.changes);
  return syncData && exists && resume?.createsDatabase !== true;
}

function planFor(
  facts: ActivationFacts,
  guardNotes: readonly string[],
  context: ModeChangeContext,
): ModeChangePlan {
  const { names, aws, syncData } = context;
  const steps: StepName[] = syncsFirst(facts, context)
    ? ["sync", "deploy", "validate"]
    : syncData
      ? ["deploy", "database", "sync", "validate"]
      : ["deploy", "validate"];
  const repeated = repeatedSteps(facts);
  return makeModeChangePlan({
    command: "activate",
    environment: names.stack,
    region: aws.region,
    from: modeOf(facts.outputs),
    steps: steps.filter((step) => repeated.includes(step) || findDone(context.resume, step) === undefined),
    ...facts,
    deactivateAt: dueTime(facts, context),
    notes: [...notesOf(facts, context), ...facts.account.notes, ...guardNotes],
  });
}

/** When the environment will be due for its deactivation. A time that an earlier run recorded counts while the environment is active. */
function dueTime({ outputs }: ActivationFacts, { options, journal }: ModeChangeContext): string | null {
  if (options.schedule !== undefined) return options.schedule.at;
  const counts = outputs.dev_activated || journal.unfinished !== undefined;
  return counts ? (journal.last?.deactivateAt ?? null) : null;
}

/** Steps that a resumed run repeats although they were done: the Terraform plan is not that of a complete deployment. */
function repeatedSteps({ contents }: ActivationFacts): StepName[] {
  return isComplete(contents.changes) ? [] : ["deploy", "validate"];
}

function notesOf(
  { contents, divergence, willSync }: ActivationFacts,
  { syncData, resume, journal }: ModeChangeContext,
): string[] {
  const isCreated = databaseWillBeCreated(contents.changes);
  const { unfinished } = journal;
  return [
    ...(resume === undefined ? [] : [`resumes the run of ${formatMinute(resume.startedAt)} UTC`]),
    ...(willSync && divergence?.last === null
      ? [
          "no manifest records a copy between Neon and RDS: the sync replaces rows that only RDS has (S3 keeps a dump of them for 30 days)",
        ]
      : []),
    ...(isCreated && syncData
      ? ["the database will be created by the deployment, and then filled from Neon"]
      : []),
    ...(isCreated && !syncData ? ["the database will be empty: --sync-data fills it from Neon"] : []),
    ...(resume === undefined && unfinished !== undefined ? [newRunNote(unfinished)] : []),
  ];
}

/** The note if an earlier run has not finished and this one does not resume it. */
function newRunNote({ command, startedAt }: JournalEntry): string {
  return `the run of \`${command}\` of ${formatMinute(startedAt)} UTC has not finished; this run does not resume it`;
}

async function carryOut(
  plan: ModeChangePlan,
  facts: ActivationFacts,
  context: ModeChangeContext,
): Promise<CommandOutcome> {
  const { journal, options, resume, stack, syncData } = context;
  const { contents, images } = facts;
  if (resume === undefined) {
    await beginJournal(
      {
        command: "activate",
        createsDatabase: databaseWillBeCreated(contents.changes),
        images: Object.fromEntries(images.map(({ service, reference }) => [service, reference])),
        deactivateAt: plan.deactivateAt,
      },
      context,
    );
  } else {
    await journal.resume(repeatedSteps(facts), plan.deactivateAt);
  }
  const runner = new StepRunner(context, resumeLine("activate", options));
  const sync = (outputs: Outputs, state: string) =>
    runner.step(
      "sync",
      () => syncNow("neon-to-rds", syncOptions("activate", options, resumeLine), outputs, context),
      {
        state: () => state,
      },
    );
  const first = syncsFirst(facts, context);
  if (first) await sync(facts.outputs, "Nothing was deployed. The environment is unchanged.");
  await runner.step("deploy", () => deploy(stack, contents, context), {
    state: () =>
      "The environment may be partly active, and its resources cost money. To delete them:  pnpm deactivate",
  });
  const outputs = await runner.between("The environment is deployed.", () => stack.outputs());
  if (syncData && !first) {
    const state = "The environment is deployed, but its database does not have the data of Neon yet.";
    await runner.step("database", () => waitForNewDatabase(context), { state: () => state });
    await sync(outputs, state);
  }
  return await finish({ plan, runner, outputs }, context);
}

async function waitForNewDatabase({ printer, aws, names, signal }: LifecycleContext): Promise<void> {
  await printer.step("database", async () => {
    await waitForDatabase(aws, names.databaseInstance, signal);
    return { value: undefined, summary: `${names.databaseInstance} is available` };
  });
}

/** A resumed run uses the images that it was started with. */
function checkImages(
  preflight: Preflight,
  { aws, names, options, signal, resume }: ModeChangeContext,
): Promise<readonly Image[]> {
  return preflight.check("images", async () => {
    const wanted = (service: ImageName) => options.images[service] ?? resume?.images[service]?.split("@")[1];
    const found = await Promise.all(
      imageNames.map((service) => findImage(aws, names, service, wanted(service), signal)),
    );
    const summary = found.map(({ service, tags, digest }) => `${service} ${tags[0] ?? digest.slice(0, 19)}`);
    return { value: found, summary: summary.join(", ") };
  });
}
