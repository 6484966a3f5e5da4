/** `pnpm activate`: look, plan, ask; then sync, deploy, wait, validate. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/command";
import { environmentName, type Outputs } from "@pilot-light/core/contract";
import { openContext, type LifecycleContext } from "./context.ts";
import { waitForDatabase } from "./database.ts";
import { deploy } from "./deploy.ts";
import { databaseComes, judgeLosses, judgeResync } from "./guards.ts";
import { validateHealth } from "./health.ts";
import { findImage, imageNames, imageVariables, type Image, type ImageName } from "./images.ts";
import { Journal, journalStore, type JournalEntry, type StepName } from "./journal.ts";
import { lookAtBasics, lookAtNeon, lookAtPlan, lookAtSync, modeOf, syncOptions } from "./look.ts";
import type { SwitchOptions } from "./options.ts";
import { Preflight } from "./preflight.ts";
import { printHead } from "./render.ts";
import { endpointsOf, finish, stayAsItIs } from "./result.ts";
import { Run } from "./run.ts";
import { agree, assertCanAsk, refuse, resumed, syncNow } from "./switch.ts";
import { makeSwitchPlan } from "./switch-plan.ts";

export async function activate(options: SwitchOptions, command: CommandContext): Promise<CommandOutcome> {
  const start = performance.now();
  await using context = await openContext(command);
  const { console, names, aws, directory, project, environment, signal, stack } = context;
  assertCanAsk(options, "activate");
  printHead(
    `Activate  ${project} ${environmentName}, ${aws.region}`,
    options.dryRun ? "dry run, nothing is written" : "",
    console,
  );
  const journal = await Journal.open(journalStore(environment, names, directory));
  const resume = resumed("activate", options, journal);
  const syncData = resume?.syncData ?? options.syncData === true;

  const preflight = new Preflight(console);
  const { outputs: reading, database } = lookAtBasics(preflight, context);
  const images = lookAtImages(preflight, context, options, resume);
  const syncDone = resume?.done.some(({ step }) => step === "sync") === true;
  const willSync = syncData && !syncDone;
  const neon = willSync ? lookAtNeon(preflight, context, "source") : undefined;
  const syncing =
    neon === undefined
      ? Promise.resolve(null)
      : lookAtSync(preflight, context, "neon-to-rds", syncOptions(options, true), [neon, database], reading);
  const planning = lookAtPlan(preflight, context, [reading], async () => [
    "-var=dev_activated=true",
    ...(await images).map(({ service, reference }) => `-var=${imageVariables[service]}=${reference}`),
    ...options.variables,
  ]);
  await preflight.report(signal);

  const [outputs, contents, sync] = await Promise.all([reading, planning, syncing]);
  const complete = contents.changes.every(({ action }) => action !== "create" && action !== "destroy");
  if (outputs.dev_activated && complete && resume === undefined && !isGoingOff(journal)) {
    return await stayAsItIs("activate", { contents, outputs, syncData, journal, options }, context);
  }
  const newDatabase = databaseComes(contents.changes);
  refuse([
    judgeLosses("activate", contents.changes, options),
    judgeResync(
      "activate",
      {
        activeNow: outputs.dev_activated,
        unfinished: journal.unfinished,
        willSync,
        resumed: resume !== undefined,
      },
      options,
    ),
  ]);
  const syncsFirst =
    syncData && !newDatabase && outputs.database_endpoint !== "" && resume?.createsDatabase !== true;
  const steps: StepName[] = syncsFirst
    ? ["sync", "deploy", "validate"]
    : syncData
      ? ["deploy", "database", "sync", "validate"]
      : ["deploy", "validate"];
  const plan = makeSwitchPlan({
    command: "activate",
    environment: names.stack,
    region: aws.region,
    from: modeOf(outputs),
    steps,
    contents,
    images: await images,
    sync,
    notes: notesOf({ syncData, newDatabase, resume, unfinished: journal.unfinished }),
  });
  const planned = await agree(plan, options, context);
  if (planned !== undefined) return planned;

  if (resume === undefined) {
    const pinned = plan.images.map(({ service, reference }): [string, string] => [service, reference]);
    await journal.begin({
      command: "activate",
      syncData,
      createsDatabase: newDatabase,
      images: Object.fromEntries(pinned),
    });
  }
  const run = new Run("activate", journal, console);
  let deployed: Outputs = outputs;
  const synchronise = async (standing: string) => {
    await run.step("sync", () => syncNow("neon-to-rds", syncOptions(options, false), deployed, context), {
      standing,
    });
  };
  if (syncsFirst) {
    await synchronise("Nothing was deployed; the environment is as it was.");
  }
  await run.step(
    "deploy",
    async () => {
      await deploy(stack, contents, context);
    },
    {
      standing:
        "The environment may be partly active, and what is there costs money (pnpm deactivate takes it away).",
    },
  );
  deployed = await stack.outputs();
  if (syncData && !syncsFirst) {
    const standing = "The environment is deployed, its database has no data of Neon yet.";
    await run.step("database", () => waitForNewDatabase(context), { standing });
    await synchronise(standing);
  }
  const outputsFile = await stack.writeOutputs(deployed);
  const health = await validateHealth({ directory, outputsFile, wait: options.wait }, context);
  return await finish(
    { plan, run, journal, health, outputs: deployed, endpoints: endpointsOf(deployed), start },
    context,
  );
}

/** The last switch was a deactivation that did not come to its end: what it has stopped must be started again. */
function isGoingOff(journal: Journal): boolean {
  return journal.unfinished?.command === "deactivate";
}

async function waitForNewDatabase({ console, aws, names, signal }: LifecycleContext): Promise<void> {
  await console.step("database", async () => {
    await waitForDatabase(aws, names.databaseInstance, signal);
    return { value: undefined, summary: `${names.databaseInstance} is available` };
  });
}

/** The images of a resumed run are those it began with. */
function lookAtImages(
  preflight: Preflight,
  { aws, names, signal }: LifecycleContext,
  options: SwitchOptions,
  resume: JournalEntry | undefined,
): Promise<readonly Image[]> {
  return preflight.look("images", async () => {
    const wanted = (service: ImageName) => options.images[service] ?? digestOf(resume?.images[service]);
    const found = await Promise.all(
      imageNames.map((service) => findImage(aws, names, service, wanted(service), signal)),
    );
    const summary = found
      .map(({ service, tags, digest }) => `${service} ${tags[0] ?? digest.slice(0, 19)}`)
      .join(", ");
    return { value: found, summary };
  });
}

function digestOf(reference: string | undefined): string | undefined {
  return reference?.split("@")[1];
}

function notesOf(facts: {
  syncData: boolean;
  newDatabase: boolean;
  resume: JournalEntry | undefined;
  unfinished: JournalEntry | undefined;
}): string[] {
  const { syncData, newDatabase, resume, unfinished } = facts;
  const notes: string[] = [];
  if (syncData && newDatabase) {
    notes.push("the database does not exist yet: it is filled from Neon once it is there");
  }
  if (!syncData && newDatabase) {
    notes.push("the database will be empty: --sync-data fills it from Neon");
  }
  if (resume === undefined && unfinished !== undefined) {
    const day = unfinished.startedAt.slice(0, 16).replace("T", " ");
    notes.push(
      `a run of \`${unfinished.command}\` of ${day} UTC did not come to its end; this one starts anew`,
    );
  }
  return notes;
}
