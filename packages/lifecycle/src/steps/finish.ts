/** The end of a mode change: what was done, the endpoints, the cost, and the command that reverses it. */
import type { CommandOutcome } from "@pilot-light/core/cli/command";
import { environmentName, imageVariables, type Outputs } from "@pilot-light/core/contract";
import type { Printer } from "@pilot-light/core/output/printer";
import type { Image } from "../aws/images.ts";
import { modeNotReached, settingsPending, syncPending } from "../errors.ts";
import { formatDuration, plural } from "@pilot-light/core/output/format";
import { againLine, planOptions, resumeLine, reverseLine } from "../journal/command-hints.ts";
import { type Health, printHealth, validateHealth } from "./health.ts";
import { findDone, type Journal } from "../journal/journal.ts";
import { describeMode } from "../preflight/checks.ts";
import type { ModeChangeName, ModeChangeOptions } from "../options.ts";
import { dollars, printDue, printRow } from "../plan/render.ts";
import type { StepRunner } from "../journal/step-runner.ts";
import type { ModeChangeContext } from "../mode-change.ts";
import type { ModeChangePlan } from "../plan/mode-change-plan.ts";
import type { PlanContents } from "../terraform/changes.ts";

/** Addresses of the environment by their purpose; empty in pilot light. */
export type Endpoints = Readonly<Record<string, string>>;

/** The addresses, and the DNS records that a domain needs. */
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

/** Waits until the environment is healthy, prints and returns the result, and records the end in the journal when the environment is healthy. */
export async function finish(
  parts: { plan: ModeChangePlan; runner: StepRunner; outputs: Outputs; snapshots?: readonly string[] },
  context: ModeChangeContext,
): Promise<CommandOutcome> {
  const { plan, runner, outputs, snapshots = [] } = parts;
  const { printer, directory, journal, options } = context;
  assertMode(plan, outputs, options);
  const health = await runner.between("The environment is deployed. Its health was not checked.", () =>
    validateHealth({ directory, outputs, waitMs: options.waitMs }, context),
  );
  await closeJournal(journal, plan.command, health);
  const durationMs = Math.round(performance.now() - runner.start);
  const endpoints = endpointsOf(outputs);
  printHealth(health, printer);
  printVerdict({ plan, health, outputs, endpoints, snapshots, durationMs }, context);
  return {
    outcome: health.exit !== 0 ? "unhealthy" : plan.command === "activate" ? "activated" : "deactivated",
    document: {
      plan,
      steps: runner.finished,
      endpoints,
      snapshots,
      validation: validationOf(health),
      durationMs,
    },
    exit: health.exit,
    summary: `${verdictOf(outputs, health, context)}.`,
    next: [
      ...(health.exit === 0 ? [] : [{ purpose: "to finish", command: resumeLine(plan.command, options) }]),
      { purpose: "to reverse", command: reverseLine(plan.command, options) },
    ],
  };
}

/**
 * Checks that the environment has the wanted mode.
 * @throws OpsError MODE_NOT_REACHED (aws)
 */
function assertMode({ command, to }: ModeChangePlan, outputs: Outputs, options: ModeChangeOptions): void {
  if (outputs.dev_activated === (to === "active")) return;
  throw modeNotReached({ mode: describeMode(outputs), againCommand: againLine(command, options) });
}

/** The state of the environment, without a period. */
function verdictOf(
  outputs: Outputs,
  { exit }: Health,
  { project }: Pick<ModeChangeContext, "project">,
): string {
  const state = `${project} ${environmentName} is ${describeMode(outputs)}`;
  return exit === 0 ? `${state} and healthy` : `${state}, but NOT healthy`;
}

function printVerdict(
  parts: {
    plan: ModeChangePlan;
    health: Health;
    outputs: Outputs;
    endpoints: Endpoints;
    snapshots: readonly string[];
    durationMs: number;
  },
  { printer, options, project }: ModeChangeContext,
): void {
  const { plan, health, outputs, endpoints, snapshots, durationMs } = parts;
  const { bold, green, red } = printer.colors;
  const healthy = health.exit === 0;
  const verdict = verdictOf(outputs, health, { project });
  printer.line();
  printer.line((healthy ? green : red)(bold(`  ${verdict}, after ${formatDuration(durationMs)}.`)));
  printer.line();
  printEndpoints(endpoints, printer);
  if (plan.command === "deactivate") printRow("kept", describeKept(plan), printer);
  printRow("cost", `${dollars(plan.monthlyCosts.after)} per month from now on`, printer);
  if (plan.deactivateAt !== null) printDue(plan.deactivateAt, printer);
  for (const id of snapshots) printRow("snapshot", id, printer);
  printRow("to reverse", reverseLine(plan.command, options), printer);
  if (!healthy) {
    const resume = resumeLine(plan.command, options);
    printRow("to finish", `fix the failed checks above, then run  ${resume}`, printer);
  }
}

export function printEndpoints(endpoints: Endpoints, printer: Printer): void {
  for (const [what, where] of Object.entries(endpoints)) printRow(what, where, printer);
}

async function closeJournal(
  journal: Journal,
  command: ModeChangeName,
  { exit, report }: Health,
): Promise<void> {
  const failed = report.checks.filter(({ status }) => status === "failed").map(({ id }) => id);
  await journal.change((_, at) =>
    exit === 0
      ? {
          finishedAt: at,
          stopped: null,
          pausedTasks: null,
          ...(command === "deactivate" ? { deactivateAt: null } : {}),
        }
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

/** The resources of an environment in pilot light, in words. */
function describeKept({ terraform: { kept } }: ModeChangePlan): string {
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

/**
 * Reports that the environment has the wanted mode already, and whether it is healthy. Changes nothing.
 * @throws OpsError SYNC_PENDING, SETTINGS_PENDING (precondition)
 */
export async function reportUnchangedMode(
  command: ModeChangeName,
  { contents, outputs, images = [] }: { contents: PlanContents; outputs: Outputs; images?: readonly Image[] },
  context: ModeChangeContext,
): Promise<CommandOutcome> {
  const { printer, directory, options, project, journal, syncData } = context;
  const mode = describeMode(outputs);
  assertNothingPending(command, mode, journal);
  const given = [
    ...options.variables,
    ...images
      .filter(({ service }) => options.images[service] !== undefined)
      .map(({ service, reference }) => ({ name: imageVariables[service], value: reference })),
  ];
  const deployLine = (line: "infra:deploy" | "infra:diff") =>
    againLine(line, planOptions({ variables: given, allow: new Set() }));
  if (given.length > 0 && contents.changes.length > 0) {
    const changes = contents.changes.length;
    throw settingsPending({ command, mode, changes, deployLine: deployLine("infra:deploy") });
  }
  printer.line();
  printer.line(`  ${project} ${environmentName} is already ${mode}.`);
  if (syncData) {
    const direction = command === "activate" ? "neon-to-rds" : "rds-to-neon";
    printer.line(`  No data was copied. To copy it:  pnpm sync ${direction}`);
  }
  if (contents.changes.length > 0) {
    const changes = plural(contents.changes.length, "change");
    printer.line(`  Terraform has ${changes} to other settings. To see them:  ${deployLine("infra:diff")}`);
  }
  const deactivateAt = await recordSchedule(command, context);
  const health = await validateHealth({ directory, outputs, waitMs: 0 }, context);
  printHealth(health, printer);
  const own = journal.unfinished?.command === command;
  if (!options.dryRun && own) await closeJournal(journal, command, health);
  const endpoints = endpointsOf(outputs);
  printEndpoints(endpoints, printer);
  return {
    outcome: command === "activate" ? "already active" : "already in pilot light",
    document: { endpoints, dataCopied: false, deactivateAt, validation: validationOf(health) },
    exit: health.exit,
    summary: `${project} ${environmentName} is already ${mode}. Nothing was changed.`,
  };
}

/** Records the time of `--for`; removes the time of a deactivated environment. Returns the time that counts, or would count. */
async function recordSchedule(
  command: ModeChangeName,
  { journal, options, printer }: ModeChangeContext,
): Promise<string | null> {
  const recorded = journal.last?.deactivateAt ?? null;
  const at =
    command === "deactivate" ? null : options.schedule === undefined ? recorded : options.schedule.at;
  if (!options.dryRun && at !== recorded) {
    await journal.assertUnchanged();
    await journal.schedule(at);
  }
  if (at !== null) printDue(at, printer);
  return at;
}

/** @throws OpsError SYNC_PENDING (precondition) when the last run stopped before its copy */
function assertNothingPending(command: ModeChangeName, mode: string, journal: Journal): void {
  const { unfinished } = journal;
  if (unfinished?.command !== command || unfinished.syncData !== true) return;
  if (findDone(unfinished, "sync") !== undefined) return;
  throw syncPending({ command, mode });
}
