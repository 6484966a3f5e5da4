/** `pnpm status`: the mode, the endpoints, the services, the newest dumps, the cost. Reads only, and shows every part it can read. */
import { hostname } from "node:os";
import { awsError, awsErrorName } from "@pilot-light/core/aws/errors";
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import type { Printer } from "@pilot-light/core/output/printer";
import { parseDumpKey, systems } from "@pilot-light/core/dump-keys";
import { clusterName, environmentName, serviceName, type Outputs } from "@pilot-light/core/contract";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { isPartlyActive } from "@pilot-light/core/terraform/read-journal";
import { formatMinute } from "@pilot-light/core/output/format";
import { listDumps } from "@pilot-light/validate/aws/dumps";
import { listServices } from "@pilot-light/validate/aws/services";
import { modeName } from "@pilot-light/validate/mode";
import { openContext, type LifecycleContext } from "../context.ts";
import { costsOf } from "../plan/costs.ts";
import { activeSince, costSince, type Activity } from "./activity.ts";
import { readDatabase } from "../aws/database.ts";
import { isRunning, Journal, type JournalEntry } from "../journal/journal.ts";
import { modeOf, readState } from "../preflight/checks.ts";
import { dollars, printHead, printRow } from "../plan/render.ts";
import { describeTime } from "../schedule/schedule.ts";
import { endpointsOf } from "../steps/finish.ts";
import { listSnapshots } from "../aws/snapshots.ts";

/** A part of the status, or why it could not be read. */
type Part<T> = { known: true; value: T } | { known: false; reason: string };

/** What `pnpm status` shows. */
export interface StatusFacts {
  outputs: Outputs;
  services: Part<ServiceTasks[]>;
  database: Part<Awaited<ReturnType<typeof readDatabase>>>;
  dumps: Part<Awaited<ReturnType<typeof newestDumps>>>;
  snapshots: Part<Awaited<ReturnType<typeof listSnapshots>>>;
  costs: ReturnType<typeof costsOf>;
  /** Undefined in pilot light. */
  activity: Part<Activity | undefined>;
  unfinished: JournalEntry | undefined;
}

export async function status(command: CommandContext): Promise<CommandOutcome> {
  await using context = await openContext(command);
  const facts = await readStatus(context);
  printStatus(facts, context);
  return outcomeOf(facts);
}

/** Reads every part of the status that can be read. */
export async function readStatus(context: LifecycleContext): Promise<StatusFacts> {
  const { stack, printer, aws, names, signal } = context;
  if (!(await stack.isInitialized())) {
    printer.live("  preparing Terraform ...");
    await stack.synthesize();
  }
  const state = await readState(stack);
  const outputs = stack.outputsOf(state);
  const [services, database, dumps, snapshots, since, journal] = await Promise.all([
    readPart(readServices(context)),
    readPart(readDatabase(aws, names.databaseInstance, signal)),
    readPart(newestDumps(context, outputs)),
    readPart(listSnapshots(aws, names, signal)),
    readPart(activeSince(aws, outputs.vpc_id, signal)),
    readPart(Journal.open(context)),
  ]);
  printer.live("");
  const unfinished = journal.known ? journal.value.unfinished : undefined;
  const costs = costsOf(state.resources);
  const activity = activityOf(since, costs, journal);
  return { outputs, services, database, dumps, snapshots, costs, activity, unfinished };
}

function activityOf(
  since: Part<string | undefined>,
  costs: StatusFacts["costs"],
  journal: Part<Journal>,
): StatusFacts["activity"] {
  if (!since.known) return since;
  if (since.value === undefined) return { known: true, value: undefined };
  if (!journal.known) return journal;
  const costUsd = costSince(since.value, costs, new Date());
  const deactivateAt = journal.value.last?.deactivateAt ?? null;
  return { known: true, value: { since: since.value, costUsd, deactivateAt } };
}

/** The rows of the status, without the unfinished mode change: a word, and what it shows. */
export function statusRows(facts: StatusFacts): [word: string, text: string][] {
  const { services, database, dumps, snapshots, costs } = facts;
  const row = <T>(word: string, part: Part<T>, text: (value: T) => string): [string, string] => [
    word,
    part.known ? text(part.value) : `unknown: ${part.reason}`,
  ];
  return [
    ...Object.entries(endpointsOf(facts.outputs)),
    row("services", services, (list) => list.map(describeService).join(", ") || "none"),
    row("rds", database, (found) =>
      found === undefined ? "no instance" : `${found.identifier} is ${found.status}`,
    ),
    row("newest dumps", dumps, (found) => found.map(({ key }) => key).join(", ") || "none"),
    row("snapshots", snapshots, (list) =>
      list.length === 0 ? "none" : `${list.length}, newest ${list[0]?.id ?? ""}`,
    ),
    ["cost", `${dollars(costs)} per month at present (list prices, little use)`],
  ];
}

/** Rows that change with the clock. None in pilot light. */
function activityRows(activity: StatusFacts["activity"]): [word: string, text: string][] {
  if (!activity.known) return [["active", `unknown: ${activity.reason}`]];
  if (activity.value === undefined) return [];
  const { since, costUsd, deactivateAt } = activity.value;
  const cost = costUsd === null ? "" : `; about ${dollars({ totalUsd: costUsd })} so far`;
  return [
    ["active", `since ${formatMinute(since)} UTC${cost}`],
    [
      "deactivate",
      deactivateAt === null
        ? "not scheduled; to schedule it:  pnpm activate --for 8h"
        : `due ${describeTime(deactivateAt, new Date())}; to change it:  pnpm activate --for <duration>`,
    ],
  ];
}

/** "active", or "partly active" while a mode change is unfinished. */
export function modeText({ outputs, unfinished }: StatusFacts): string {
  return unfinished !== undefined && isPartlyActive(unfinished) ? "partly active" : modeName(modeOf(outputs));
}

export function printStatus(facts: StatusFacts, { aws, printer, project }: LifecycleContext): void {
  printHead(`Status  ${project} ${environmentName}, ${aws.region}`, `mode: ${modeText(facts)}`, printer);
  if (facts.unfinished !== undefined) printUnfinished(facts.unfinished, printer);
  for (const [word, text] of [...statusRows(facts), ...activityRows(facts.activity)]) {
    printRow(word, text, printer);
  }
}

export function outcomeOf(facts: StatusFacts): CommandOutcome {
  const { outputs, services, database, dumps, snapshots, costs, activity, unfinished } = facts;
  const mode = modeOf(outputs);
  return {
    outcome: mode,
    document: {
      mode,
      endpoints: endpointsOf(outputs),
      services: valueOf(services),
      database: valueOf(database),
      newestDumps: valueOf(dumps),
      snapshots: valueOf(snapshots),
      monthlyCosts: costs,
      activity: valueOf(activity),
      unfinished: unfinished ?? null,
    },
  };
}

function printUnfinished(entry: JournalEntry, printer: Printer): void {
  const { command, runner, startedAt, stopped } = entry;
  const { yellow } = printer.colors;
  const started = `${command}, started ${formatMinute(startedAt)} UTC`;
  if (isRunning(entry)) {
    printRow("running", `${started}, process ${runner?.pid ?? ""} on this machine`, printer);
    return;
  }
  const where = stopped === null ? "" : `, stopped at ${stopped.step} (${stopped.code})`;
  const elsewhere =
    runner === null || runner.host === hostname() ? "" : `; it may still run on ${runner.host}`;
  printRow("unfinished", yellow(`${started}${where}${elsewhere}`), printer);
  printRow("", yellow(`to finish:  pnpm ${command} --resume`), printer);
}

async function readPart<T>(reading: Promise<T>): Promise<Part<T>> {
  try {
    return { known: true, value: await reading };
  } catch (error) {
    if (error instanceof OpsError && error.failure === "interrupted") throw error;
    return { known: false, reason: messageOf(error) };
  }
}

function valueOf<T>(part: Part<T>): T | { unknown: string } | null {
  return part.known ? (part.value ?? null) : { unknown: part.reason };
}

interface ServiceTasks {
  name: string;
  running: number;
  desired: number;
}

/** Finds the services by their derived names: during a mode change the outputs name none. */
async function readServices({ aws, names, signal }: LifecycleContext): Promise<ServiceTasks[]> {
  const services = ["frontend", "backend", "prometheus", "grafana"].map((service) =>
    serviceName(names.prefix, service),
  );
  const found = await listServices(aws, clusterName(names.prefix), services, signal).catch(
    (error: unknown): Awaited<ReturnType<typeof listServices>> => {
      if (awsErrorName(error) === "ClusterNotFoundException") return new Map();
      throw awsError(error, "Cannot list the services");
    },
  );
  return [...found].flatMap(([name, service]) =>
    service === undefined || service.status === "INACTIVE"
      ? []
      : [{ name, running: service.runningCount ?? 0, desired: service.desiredCount ?? 0 }],
  );
}

function describeService({ name, running, desired }: ServiceTasks): string {
  return `${name} ${running}/${desired}`;
}

/** The newest complete dump of each database that has one. A sync writes one for each, often within the same second. */
async function newestDumps({ aws, names, signal }: LifecycleContext, outputs: Outputs) {
  const { complete } = await listDumps(aws, outputs.db_backups_bucket_name || names.backupsBucket, signal);
  return systems
    .flatMap((system) => complete.find(({ key }) => parseDumpKey(key)?.system === system) ?? [])
    .map(({ key, modified }) => ({ key, at: modified.toISOString() }));
}
