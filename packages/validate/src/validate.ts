/** A complete validation: runs the chosen checks in parallel, repeats failed ones with `--wait`, and returns a report. */
import { setMaxListeners } from "node:events";
import { resolve as absolutePath } from "node:path";
import { commandAwsClients, type AwsClients } from "@pilot-light/core/aws/clients";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { environmentName, resourceNames } from "@pilot-light/core/contract";
import { readVariable } from "@pilot-light/core/config/env";
import { readVia, type Via } from "@pilot-light/core/config/via";
import { readProject } from "@pilot-light/core/config/project";
import { Routes } from "@pilot-light/core/reach/routes";
import type { OutputsSource } from "@pilot-light/core/terraform/outputs";
import { addressOption } from "./address.ts";
import type { Check, CheckOptions } from "./check.ts";
import type { CheckResult, Report } from "./documents.ts";
import { runTimeout } from "./errors.ts";
import { journalPlace } from "@pilot-light/core/terraform/journal-place";
import { partlyActiveBy, readJournal } from "@pilot-light/core/terraform/read-journal";
import type { Mode } from "./mode.ts";
import { preloadClients } from "./preload.ts";
import { createReads, type Reads } from "./reads.ts";
import { registry } from "./registry.ts";
import { summarize } from "./report.ts";
import type { Progress } from "./reporters/progress.ts";
import { runChecks } from "./runner.ts";
import { selectChecks, type Selection } from "./select.ts";
import { applyWaivers, readWaivers, waiverNotes, type Waiver } from "./waivers.ts";
import { usualPauses, waitUntilGood } from "./wait.ts";

export interface ValidateOptions extends Selection {
  outputs: OutputsSource;
  /** The option `--via`. */
  via?: Via | undefined;
  /** Routes that the caller keeps open, in place of `via`. */
  routes?: Routes | undefined;
  waiversFile?: string | undefined;
  /** `address:port` to connect to instead of CloudFront. */
  resolve?: string | undefined;
  strict: boolean;
  /** Number of checks that run at the same time. */
  jobs: number;
  /** Milliseconds for one check. */
  timeout: number;
  /** Milliseconds for one round of all checks. */
  deadline: number;
  /** Milliseconds to run failed checks again while their problems may disappear without a change; 0 is one round. */
  wait: number;
  /** Milliseconds between two rounds. Default: 2 s, up to 15 s. */
  pauses?: { firstPause: number; longestPause: number };
  /** Directory of cdktf.json. */
  directory: string;
}

/** The defaults of the options. */
export const usualOptions: ValidateOptions = {
  only: [],
  skip: [],
  optional: [],
  outputs: "deployed",
  strict: false,
  jobs: 8,
  timeout: 15_000,
  deadline: 120_000,
  wait: 0,
  directory: ".",
};

/**
 * Runs a validation. A problem of the environment is in the report and is no error.
 * @throws OpsError of class usage or configuration for wrong options, INTERRUPTED
 */
export async function validate(
  options: ValidateOptions,
  context: CommandContext,
  progress?: Progress,
): Promise<Report> {
  if (options.routes !== undefined) return await runRounds(options, options.routes, context, progress);
  // A validation only reads. It starts a task in AWS only if a person asks for that.
  await using routes = new Routes({ via: options.via, startsTask: false }, context);
  return await runRounds(options, routes, context, progress);
}

/** Milliseconds that a route through Systems Manager may take to open. */
const ssmRouteTime = 240_000;

/** What all rounds of a validation have in common. */
interface Validation {
  options: ValidateOptions;
  routes: Routes;
  context: CommandContext;
  progress: Progress | undefined;
  /** The chosen checks. */
  checks: readonly Check[];
  checkOptions: CheckOptions;
  waivers: readonly Waiver[];
  project: string;
  aws: AwsClients;
  now: Date;
  /** Milliseconds that the route may take to open. */
  routeTime: number;
  header: Pick<Report, "project" | "environment" | "region">;
  /** The command of a mode change that has stopped. */
  unfinished: string | undefined;
  /** What the last round read. */
  read: Pick<Report, "mode" | "account">;
}

async function runRounds(
  options: ValidateOptions,
  routes: Routes,
  context: CommandContext,
  progress?: Progress,
): Promise<Report> {
  const start = performance.now();
  const validation: Validation = { ...(await prepare(options, context)), options, routes, context, progress };
  const { header, read, unfinished, waivers, now } = validation;
  const results = await waitUntilGood((known) => runRound(validation, known), {
    limit: options.wait,
    ...(options.pauses ?? usualPauses),
    strict: options.strict,
    signal: context.signal,
    onPause: (text) => progress?.waiting(text),
  });
  return {
    ...header,
    ...read,
    checks: results,
    summary: summarize(results),
    durationMs: Math.round(performance.now() - start),
    notes: [...unfinishedNotes(unfinished), ...waiverNotes(waivers, now)],
  };
}

/** Reads what is known before the first round: options, variables, waivers, and the journal. */
async function prepare(
  options: ValidateOptions,
  context: CommandContext,
): Promise<Omit<Validation, "options" | "routes" | "context" | "progress">> {
  const { environment, printer } = context;
  const now = new Date();
  const viaSsm = readVia(options.via, environment) === "ssm";
  const checks = selectChecks(registry, options);
  const project = readProject(environment);
  const waiversFile = options.waiversFile ?? readVariable(environment, "PILOT_LIGHT_WAIVERS");
  const waivers = waiversFile === undefined ? [] : await readWaivers(waiversFile, registry);
  const directory = absolutePath(options.directory);
  const albAddress = addressOption(options.resolve ?? readVariable(environment, "ALB_HOSTADDR"));
  const aws = commandAwsClients(environment, (line) => printer.detail(line));
  const isDeployed = options.outputs === "deployed";
  const unfinished = isDeployed ? await unfinishedCommand(project, directory, context) : undefined;
  return {
    ...{ aws, checks, now, project, unfinished, waivers },
    checkOptions: { directory, albAddress },
    routeTime: viaSsm ? ssmRouteTime : 0,
    header: { project, environment: environmentName, region: aws.region },
    read: { mode: null, account: null },
  };
}

/**
 * Runs every check once.
 * @param known results of an earlier round that are still valid
 */
async function runRound(
  validation: Validation,
  known: ReadonlyMap<string, CheckResult>,
): Promise<CheckResult[]> {
  const { options, routes, context, progress, checks, checkOptions, waivers, project, aws, now } = validation;
  const { environment, printer } = context;
  const isPartlyActive = validation.unfinished !== undefined;
  progress?.begin({ checks, header: { ...validation.header, isPartlyActive } });
  using round = new Round(context.signal, options.deadline + validation.routeTime);
  const common = {
    ...{ aws, environment },
    names: resourceNames(project),
    hide: (secret: string) => printer.redactor.add(secret),
    log: (line: string) => printer.detail(line),
  };
  const reads = createReads({
    ...{ ...common, routes },
    outputs: options.outputs,
    directory: checkOptions.directory,
    signal: round.signal,
  });
  const mode = async (): Promise<Mode> => {
    const { values } = await reads.outputs();
    return values.dev_activated ? "active" : "pilot-light";
  };
  readHeader(validation, reads, mode);
  return await runChecks(checks, {
    ...{ mode, known },
    context: (signal) => ({
      ...{ ...common, project, reads, signal },
      options: checkOptions,
      now: new Date(),
    }),
    jobs: options.jobs,
    timeout: options.timeout,
    routeTime: validation.routeTime,
    signal: round.signal,
    revise: (result) => applyWaivers(result, waivers, now),
    onStart: (check) => progress?.started(check),
    onResult: (result) => progress?.finished(result),
  });
}

/** Reads the account and the mode for the report, and loads the clients of the checks meanwhile. The essential checks report the failures. */
function readHeader(
  { read, progress, aws, checks }: Validation,
  reads: Reads,
  readMode: () => Promise<Mode>,
): void {
  const reading = [
    reads.identity().then((identity) => (read.account = identity.account)),
    readMode().then((mode) => {
      read.mode = mode;
      progress?.mode(mode);
      preload(aws, checks, mode);
    }),
  ];
  preload(aws, checks, undefined);
  void Promise.allSettled(reading);
}

/** Milliseconds to read the journal. It decides only whether the report calls the environment partly active. */
const journalTime = 3000;

/** The command of a mode change that stopped in its deployment. A journal that cannot be read counts as none. */
async function unfinishedCommand(
  project: string,
  directory: string,
  { environment, signal }: CommandContext,
): Promise<string | undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(journalTime)]);
  try {
    const place = journalPlace(environment, resourceNames(project), directory);
    return partlyActiveBy(await readJournal(place, environment, limit));
  } catch {
    return undefined;
  }
}

function unfinishedNotes(command: string | undefined): string[] {
  if (command === undefined) return [];
  return [`partly active: a run of \`${command}\` has stopped. To finish it:  pnpm ${command} --resume`];
}

/** Loads the clients of the checks of a mode; undefined: of the checks that apply in both. */
function preload(aws: AwsClients, checks: readonly Check[], mode: Mode | undefined): void {
  void preloadClients(
    aws,
    checks.filter((check) => check.mode === mode),
  );
}

/** One round of checks. Its signal aborts by an interruption, by the deadline, and by the end of the round. */
class Round implements Disposable {
  readonly signal: AbortSignal;
  readonly #end = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(interruption: AbortSignal, deadline: number) {
    this.signal = AbortSignal.any([interruption, this.#end.signal]);
    // Every check and every request of the round listens to it.
    setMaxListeners(0, this.signal);
    this.#timer = setTimeout(() => this.#end.abort(runTimeout()), deadline);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#end.abort();
  }
}
