/** `pnpm status`: the mode, the endpoints, the services, the newest dump, the cost. Reads only, and shows every part it can read. */
import { hostname } from "node:os";
import { awsError, awsErrorName } from "@pilot-light/core/aws/errors";
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import type { Printer } from "@pilot-light/core/output/printer";
import { clusterName, environmentName, serviceName, type Outputs } from "@pilot-light/core/contract";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { formatMinute } from "@pilot-light/core/output/format";
import { listDumps } from "@pilot-light/validate/aws/dumps";
import { listServices } from "@pilot-light/validate/aws/services";
import { modeName } from "@pilot-light/validate/mode";
import { openContext, type LifecycleContext } from "./context.ts";
import { costsOf } from "./plan/costs.ts";
import { readDatabase } from "./aws/database.ts";
import { findDone, isRunning, Journal, type JournalEntry } from "./journal/journal.ts";
import { modeOf, readUnknown } from "./preflight/checks.ts";
import { dollars, printHead, printRow } from "./plan/render.ts";
import { endpointsOf, printEndpoints } from "./steps/finish.ts";
import { listSnapshots } from "./aws/snapshots.ts";

/** A part of the status, or why it could not be read. */
type Part<T> = { known: true; value: T } | { known: false; reason: string };

export async function status(command: CommandContext): Promise<CommandOutcome> {
  await using context = await openContext(command);
  const { stack, printer, project, aws, names, signal } = context;
  if (!(await stack.isInitialized())) {
    printer.live("  preparing Terraform ...");
    await stack.synthesize();
  }
  // The slowest part starts first. When nothing is deployed, reading the outputs fails, and that error is reported.
  const costing = readPart(stack.state().then(costsOf));
  costing.catch(() => undefined);
  await readUnknown(stack);
  const outputs = await stack.outputs();
  const [services, database, dump, snapshots, costs, journal] = await Promise.all([
    readPart(readServices(context)),
    readPart(readDatabase(aws, names.databaseInstance, signal)),
    readPart(newestDump(context, outputs)),
    readPart(listSnapshots(aws, names, signal)),
    costing,
    readPart(Journal.open(context)),
  ]);
  printer.live("");
  const mode = modeOf(outputs);
  const unfinished = journal.known ? journal.value.unfinished : undefined;
  const isChanging =
    unfinished?.begun.includes("deploy") === true && findDone(unfinished, "deploy") === undefined;
  const right = isChanging ? "mode: partly active" : `mode: ${modeName(mode)}`;
  printHead(`Status  ${project} ${environmentName}, ${aws.region}`, right, printer);
  if (unfinished !== undefined) printUnfinished(unfinished, printer);
  const show = <T>(word: string, part: Part<T>, text: (value: T) => string) => {
    printRow(word, part.known ? text(part.value) : `unknown: ${part.reason}`, printer);
  };
  const endpoints = endpointsOf(outputs);
  printEndpoints(endpoints, printer);
  show("services", services, (list) => list.map(describeService).join(", ") || "none");
  show("rds", database, (found) =>
    found === undefined ? "no instance" : `${found.identifier} is ${found.status}`,
  );
  show("newest dump", dump, (found) =>
    found === undefined ? "none" : `${found.key}, ${formatMinute(found.at)} UTC`,
  );
  show("snapshots", snapshots, (list) =>
    list.length === 0 ? "none" : `${list.length}, newest ${list[0]?.id ?? ""}`,
  );
  show("cost", costs, (found) => `${dollars(found)} per month at present (list prices, quiet use)`);
  return {
    outcome: mode,
    document: {
      mode,
      endpoints,
      services: valueOf(services),
      database: valueOf(database),
      newestDump: valueOf(dump),
      snapshots: valueOf(snapshots),
      monthlyCosts: valueOf(costs),
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

async function newestDump({ aws, names, signal }: LifecycleContext, outputs: Outputs) {
  const { complete } = await listDumps(aws, outputs.db_backups_bucket_name || names.backupsBucket, signal);
  const [newest] = complete;
  return newest === undefined ? undefined : { key: newest.key, at: newest.modified.toISOString() };
}
