/** `pnpm activate`: look, plan, ask; then sync, deploy, wait, validate. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import type { Outputs } from "@pilot-light/core/contract";
import { formatMinute } from "@pilot-light/core/output/format";
import type { Divergence } from "@pilot-light/sync/divergence";
import type { Plan as SyncPlan } from "@pilot-light/sync/plan/plan";
import type { LifecycleContext } from "./context.ts";
import { waitForDatabase } from "./aws/database.ts";
import { deploy } from "./steps/deploy.ts";
import { resumeLine } from "./journal/command-hints.ts";
import { databaseComes, judgeLosses, judgeNewer, judgeRunning } from "./plan/guards.ts";
import { findImage, imageNames, imageVariables, type Image, type ImageName } from "./aws/images.ts";
import { findDone, type JournalEntry, type StepName } from "./journal/journal.ts";
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
import { finish, stayAsItIs } from "./steps/finish.ts";
import { Run } from "./journal/step-runner.ts";
import {
  agree,
  beforeAnything,
  beginJournal,
  openSwitch,
  refuse,
  syncNow,
  syncOptions,
  type Switch,
} from "./mode-change.ts";
import { makeSwitchPlan, type SwitchPlan } from "./plan/mode-change-plan.ts";
import { isComplete } from "./terraform/changes.ts";
import type { SavedPlan } from "./terraform/stack.ts";
import { mayWrite, readWriters } from "./aws/backend-service.ts";

/** What was looked at before anything is changed. */
interface Seen {
  outputs: Outputs;
  contents: SavedPlan;
  images: readonly Image[];
  sync: SyncPlan | null;
  divergence: Divergence | null;
  willSync: boolean;
  /** The backend runs, or is about to. */
  backendMayWrite: boolean;
}

/** Runs `pnpm activate`. */
export async function activate(given: SwitchOptions, command: CommandContext): Promise<CommandOutcome> {
  await using context = await openSwitch("activate", given, command);
  const { options, resume } = context;
  const seen = await beforeAnything(() => look(context));
  if (isActive(seen, context)) return await stayAsItIs("activate", seen, context);
  refuse([
    judgeLosses("activate", seen.contents.changes, options),
    judgeRunning(
      {
        ...seen,
        activeNow: seen.outputs.dev_activated,
        createsDatabase: resume?.createsDatabase === true,
      },
      options,
    ),
    judgeNewer("activate", seen.divergence, options),
  ]);
  const plan = planFor(seen, context);
  const planned = await beforeAnything(() => agree(plan, seen.contents, context));
  return planned ?? (await carryOut(plan, seen, context));
}

async function look(context: Switch): Promise<Seen> {
  const { aws, printer, names, options, signal, resume, syncData } = context;
  const preflight = new Preflight(printer);
  const { outputs, database } = lookAtBasics(preflight, context);
  const images = lookAtImages(preflight, context);
  const willSync = syncData && findDone(resume, "sync") === undefined;
  const neon = willSync ? lookAtNeon(preflight, context, "source") : undefined;
  const contents = lookAtPlan(preflight, context, [outputs], async () => [
    ...(await images).map(({ service, reference }) => `-var=${imageVariables[service]}=${reference}`),
    ...options.variables,
    // Last: a file with variables may name it as well.
    "-var=dev_activated=true",
  ]);
  const none = Promise.resolve(null);
  const sync =
    neon === undefined
      ? none
      : lookAtSync(preflight, context, "neon-to-rds", syncOptions(options), [neon, database], outputs);
  const divergence = neon === undefined ? none : lookAtNewer(preflight, context, [neon, database], outputs);
  const writers = outputs.then(() => readWriters(aws, names, signal));
  // Whatever keeps the outputs from being read is told by the look that reads them.
  writers.catch(() => undefined);
  await preflight.report(signal);
  return {
    outputs: await outputs,
    contents: await contents,
    images: await images,
    sync: await sync,
    divergence: await divergence,
    willSync,
    backendMayWrite: mayWrite(await writers),
  };
}

/** Nothing is missing and nothing was asked to go on; after a deactivation that was interrupted, something may be stopped. */
function isActive({ outputs, contents }: Seen, { resume, journal }: Switch): boolean {
  const goingOff = journal.unfinished?.command === "deactivate";
  return outputs.dev_activated && isComplete(contents.changes) && resume === undefined && !goingOff;
}

/** Whether the database exists before the deployment: then it is filled before anything is switched on. */
function syncsFirst({ outputs, contents }: Seen, { resume, syncData }: Switch): boolean {
  const exists = outputs.database_endpoint !== "" && !databaseComes(contents.changes);
  return syncData && exists && resume?.createsDatabase !== true;
}

function planFor(seen: Seen, context: Switch): SwitchPlan {
  const { names, aws, syncData } = context;
  const steps: StepName[] = syncsFirst(seen, context)
    ? ["sync", "deploy", "validate"]
    : syncData
      ? ["deploy", "database", "sync", "validate"]
      : ["deploy", "validate"];
  const again = stepsAgain(seen);
  return makeSwitchPlan({
    command: "activate",
    environment: names.stack,
    region: aws.region,
    from: modeOf(seen.outputs),
    steps: steps.filter((step) => again.includes(step) || findDone(context.resume, step) === undefined),
    ...seen,
    notes: notesOf(seen, context),
  });
}

/** Steps that a resumed run does again although it had done them: the plan is not that of a finished deployment. */
function stepsAgain({ contents }: Seen): StepName[] {
  return isComplete(contents.changes) ? [] : ["deploy", "validate"];
}

function notesOf({ contents, divergence, willSync }: Seen, { syncData, resume, journal }: Switch): string[] {
  const comes = databaseComes(contents.changes);
  const { unfinished } = journal;
  return [
    ...(resume === undefined ? [] : [`goes on with the run of ${formatMinute(resume.startedAt)} UTC`]),
    ...(willSync && divergence?.last === null
      ? [
          "no copy between Neon and RDS is on record: what only RDS has is replaced (its dump stays for 30 days)",
        ]
      : []),
    ...newerNotes(divergence?.rds.changed, "RDS"),
    ...(comes && syncData
      ? ["the database does not exist yet: it is filled from Neon once it is there"]
      : []),
    ...(comes && !syncData ? ["the database will be empty: --sync-data fills it from Neon"] : []),
    ...(resume === undefined && unfinished !== undefined ? [startsAnew(unfinished)] : []),
  ];
}

/** What is said when a run was interrupted and this one does not go on with it. */
function startsAnew({ command, startedAt }: JournalEntry): string {
  return `a run of \`${command}\` of ${formatMinute(startedAt)} UTC did not come to its end; this one starts anew`;
}

async function carryOut(plan: SwitchPlan, seen: Seen, context: Switch): Promise<CommandOutcome> {
  const { journal, options, resume, stack, syncData } = context;
  const { contents, images } = seen;
  if (resume === undefined) {
    await beginJournal(
      {
        command: "activate",
        createsDatabase: databaseComes(contents.changes),
        images: Object.fromEntries(images.map(({ service, reference }) => [service, reference])),
      },
      context,
    );
  } else {
    await journal.goOn(stepsAgain(seen));
  }
  const run = new Run(context, resumeLine("activate", options));
  const synchronise = (outputs: Outputs, standing: string) =>
    run.step("sync", () => syncNow("neon-to-rds", syncOptions(options), outputs, context), {
      standing: () => standing,
    });
  const first = syncsFirst(seen, context);
  if (first) await synchronise(seen.outputs, "Nothing was deployed; the environment is as it was.");
  await run.step("deploy", () => deploy(stack, contents, context), {
    standing: () =>
      "The environment may be partly active, and what is there costs money (pnpm deactivate takes it away).",
  });
  const outputs = await run.between("The environment is deployed.", () => stack.outputs());
  if (syncData && !first) {
    const standing = "The environment is deployed, its database has no data of Neon yet.";
    await run.step("database", () => waitForNewDatabase(context), { standing: () => standing });
    await synchronise(outputs, standing);
  }
  return await finish({ plan, run, outputs }, context);
}

async function waitForNewDatabase({ printer, aws, names, signal }: LifecycleContext): Promise<void> {
  await printer.step("database", async () => {
    await waitForDatabase(aws, names.databaseInstance, signal);
    return { value: undefined, summary: `${names.databaseInstance} is available` };
  });
}

/** The images of a resumed run are those it began with. */
function lookAtImages(
  preflight: Preflight,
  { aws, names, options, signal, resume }: Switch,
): Promise<readonly Image[]> {
  return preflight.look("images", async () => {
    const wanted = (service: ImageName) => options.images[service] ?? resume?.images[service]?.split("@")[1];
    const found = await Promise.all(
      imageNames.map((service) => findImage(aws, names, service, wanted(service), signal)),
    );
    const summary = found.map(({ service, tags, digest }) => `${service} ${tags[0] ?? digest.slice(0, 19)}`);
    return { value: found, summary: summary.join(", ") };
  });
}
