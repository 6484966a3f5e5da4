/** The end of a switch: what was done, where the environment is found, what it costs, how to go back. */
import type { CommandOutcome } from "@pilot-light/core/cli/command";
import { environmentName, type Outputs } from "@pilot-light/core/contract";
import type { Printer } from "@pilot-light/core/output/printer";
import { OpsError } from "@pilot-light/core/ops-error";
import { formatDuration, plural } from "@pilot-light/core/output/format";
import { againLine, resumeLine, wayBack } from "../journal/command-hints.ts";
import { type Health, printHealth, validateHealth } from "./health.ts";
import { findDone, type Journal, type SwitchName } from "../journal/journal.ts";
import { describeMode } from "../preflight/checks.ts";
import type { SwitchOptions } from "../options.ts";
import { dollars, printRow } from "../plan/render.ts";
import type { Run } from "../journal/step-runner.ts";
import type { Switch } from "../mode-change.ts";
import type { SwitchPlan } from "../plan/mode-change-plan.ts";
import type { PlanContents } from "../terraform/changes.ts";

/** Where people find the environment; empty in pilot light. */
export type Endpoints = Readonly<Record<string, string>>;

/** Addresses by what they are for, and the DNS records that a domain needs. */
export function endpointsOf(outputs: Outputs): Endpoints {
  const all = {
    application: outputs.application_url,
    api: outputs.backend_url,
    grafana: outputs.grafana_url,
    database: outputs.database_endpoint,
    ...Object.fromEntries(
      outputs.cloudflare_cname_records.map(({ name, target }) => [`CNAME ${name}`, target]),
    ),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

/** Waits until the environment is healthy, prints and returns how the switch came out, and closes its journal when all is well. */
export async function finish(
  parts: { plan: SwitchPlan; run: Run; outputs: Outputs; snapshots?: readonly string[] },
  context: Switch,
): Promise<CommandOutcome> {
  const { plan, run, outputs, snapshots = [] } = parts;
  const { printer, directory, journal, options } = context;
  assertMode(plan, outputs, options);
  const health = await run.between("All is deployed; whether it is healthy is not known yet.", () =>
    validateHealth({ directory, outputs, wait: options.wait }, context),
  );
  await closeJournal(journal, health);
  const durationMs = Math.round(performance.now() - run.start);
  const endpoints = endpointsOf(outputs);
  printHealth(health, printer);
  printVerdict({ plan, health, outputs, endpoints, snapshots, durationMs }, context);
  return {
    outcome: health.exit !== 0 ? "unhealthy" : plan.command === "activate" ? "activated" : "deactivated",
    document: {
      plan,
      steps: run.finished,
      endpoints,
      snapshots,
      validation: validationOf(health),
      durationMs,
    },
    exit: health.exit,
  };
}

/**
 * Nothing is called done that did not happen.
 * @throws OpsError MODE_NOT_REACHED (aws)
 */
function assertMode({ command, to }: SwitchPlan, outputs: Outputs, options: SwitchOptions): void {
  if (outputs.dev_activated === (to === "active")) return;
  throw new OpsError(
    "aws",
    "MODE_NOT_REACHED",
    `The environment is ${describeMode(outputs)}: somebody else has deployed while this ran.`,
    { hint: `Find out who, then:  ${againLine(command, options)}` },
  );
}

function printVerdict(
  parts: {
    plan: SwitchPlan;
    health: Health;
    outputs: Outputs;
    endpoints: Endpoints;
    snapshots: readonly string[];
    durationMs: number;
  },
  { printer, options, project }: Switch,
): void {
  const { plan, health, outputs, endpoints, snapshots, durationMs } = parts;
  const { bold, green, red } = printer.colors;
  const healthy = health.exit === 0;
  const state = `${project} ${environmentName} is ${describeMode(outputs)}`;
  const verdict = healthy ? `${state} and healthy` : `${state}, but NOT healthy`;
  printer.line();
  printer.line((healthy ? green : red)(bold(`  ${verdict}, after ${formatDuration(durationMs)}.`)));
  printer.line();
  printEndpoints(endpoints, printer);
  if (plan.command === "deactivate") printRow("stayed", describeKept(plan), printer);
  printRow("cost", `${dollars(plan.costs.after)} a month from now on`, printer);
  for (const id of snapshots) printRow("snapshot", id, printer);
  printRow("to go back", wayBack(plan.command, options), printer);
  if (!healthy) {
    const goOn = resumeLine(plan.command, options);
    printRow("to go on", `put right what has failed above, then  ${goOn}`, printer);
  }
}

export function printEndpoints(endpoints: Endpoints, printer: Printer): void {
  for (const [what, where] of Object.entries(endpoints)) printRow(what, where, printer);
}

async function closeJournal(journal: Journal, { exit, report }: Health): Promise<void> {
  const failed = report.checks.filter(({ status }) => status === "failed").map(({ id }) => id);
  await journal.change((_, at) =>
    exit === 0
      ? { finishedAt: at, stopped: null, pausedTasks: null }
      : { stopped: { step: "validate", code: "UNHEALTHY", message: failed.join(", "), at } },
  );
}

function validationOf({ report, exit }: Health) {
  const { summary, checks, mode } = report;
  return {
    mode,
    exit,
    ...summary,
    checks: checks.map(({ id, status, summary: text }) => ({ id, status, summary: text })),
  };
}

/** What an environment in pilot light consists of, in words. */
function describeKept({ terraform: { kept } }: SwitchPlan): string {
  const count = (type: string) => kept[type] ?? 0;
  const all = Object.values(kept).reduce((sum, each) => sum + each, 0);
  const parts = [
    plural(count("aws_s3_bucket"), "bucket"),
    plural(count("aws_ecr_repository"), "image repository", "image repositories"),
    count("aws_db_instance") > 0 ? "the database" : "no database",
    plural(count("aws_vpc"), "network"),
  ];
  return `${plural(all, "resource")}: ${parts.join(", ")}`;
}

/** The environment is in that mode already: says so, and whether it is healthy. Changes nothing. */
export async function stayAsItIs(
  command: SwitchName,
  { contents, outputs }: { contents: PlanContents; outputs: Outputs },
  context: Switch,
): Promise<CommandOutcome> {
  const { printer, directory, options, project, journal, syncData } = context;
  const mode = describeMode(outputs);
  assertNothingPending(command, mode, journal);
  printer.line();
  printer.line(`  ${project} ${environmentName} is ${mode} already.`);
  if (syncData) {
    const direction = command === "activate" ? "neon-to-rds" : "rds-to-neon";
    printer.line(`  No data was copied. To do that alone:  pnpm sync ${direction}`);
  }
  if (contents.changes.length > 0) {
    const active = outputs.dev_activated ? " --var dev_activated=true" : "";
    const changes = plural(contents.changes.length, "change");
    printer.line(`  Terraform would make ${changes} beside the mode:  pnpm infra:diff${active}`);
  }
  const health = await validateHealth({ directory, outputs, wait: 0 }, context);
  printHealth(health, printer);
  const own = journal.unfinished?.command === command;
  if (!options.dryRun && own) await closeJournal(journal, health);
  const endpoints = endpointsOf(outputs);
  printEndpoints(endpoints, printer);
  return {
    outcome: command === "activate" ? "already active" : "already in pilot light",
    document: { endpoints, dataCopied: false, validation: validationOf(health) },
    exit: health.exit,
  };
}

/** @throws OpsError SYNC_PENDING (precondition) when the last switch ended before its copy */
function assertNothingPending(command: SwitchName, mode: string, journal: Journal): void {
  const { unfinished } = journal;
  if (unfinished?.command !== command || unfinished.syncData !== true) return;
  if (findDone(unfinished, "sync") !== undefined) return;
  throw new OpsError(
    "precondition",
    "SYNC_PENDING",
    `The environment is ${mode}, but the data of its last \`${command}\` was not copied.`,
    { details: ["Nothing was written."], hint: `Finish it:  pnpm ${command} --resume` },
  );
}
