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
import type { Report } from "./documents.ts";
import { runTimeout } from "./errors.ts";
import { journalPlace } from "@pilot-light/core/terraform/journal-place";
import { partlyActiveBy, readJournal } from "@pilot-light/core/terraform/read-journal";
import type { Mode } from "./mode.ts";
import { preloadClients } from "./preload.ts";
import { createReads } from "./reads.ts";
import { registry } from "./registry.ts";
import { summarize } from "./report.ts";
import type { Progress } from "./reporters/progress.ts";
import { runChecks } from "./runner.ts";
import { selectChecks, type Selection } from "./select.ts";
import { applyWaivers, readWaivers, waiverNotes } from "./waivers.ts";
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
const routeTime = 240_000;

async function runRounds(
  options: ValidateOptions,
  routes: Routes,
  context: CommandContext,
  progress?: Progress,
): Promise<Report> {
  const start = performance.now();
  const { environment, printer, signal } = context;
  const now = new Date();
  const viaSsm = readVia(options.via, environment) === "ssm";
  const checks = selectChecks(registry, options);
  const project = readProject(environment);
  const waiversFile = options.waiversFile ?? readVariable(environment, "PILOT_LIGHT_WAIVERS");
  const waivers = waiversFile === undefined ? [] : await readWaivers(waiversFile, registry);
  const checkOptions: CheckOptions = {
    directory: absolutePath(options.directory),
    albAddress: addressOption(options.resolve ?? readVariable(environment, "ALB_HOSTADDR")),
  };
  const hide = (secret: string) => printer.redactor.add(secret);
  const log = (line: string) => printer.detail(line);
  const aws = commandAwsClients(environment, log);
  const header: Pick<Report, "project" | "environment" | "region"> = {
    project,
    environment: environmentName,
    region: aws.region,
  };
  const unfinished =
    options.outputs === "deployed"
      ? await unfinishedCommand(project, checkOptions.directory, context)
      : undefined;
  const read: Pick<Report, "mode" | "account"> = { mode: null, account: null };

  const results = await waitUntilGood(
    async (known) => {
      progress?.begin({ checks, header: { ...header, isPartlyActive: unfinished !== undefined } });
      using round = new Round(signal, options.deadline + (viaSsm ? routeTime : 0));
      const reads = createReads({
        aws,
        environment,
        names: resourceNames(project),
        outputs: options.outputs,
        routes,
        directory: checkOptions.directory,
        signal: round.signal,
        hide,
        log,
      });
      const readMode = async (): Promise<Mode> => {
        const { values } = await reads.outputs();
        return values.dev_activated ? "active" : "pilot-light";
      };
      const reading = [
        reads.identity().then((identity) => (read.account = identity.account)),
        readMode().then((mode) => {
          read.mode = mode;
          progress?.mode(mode);
          preload(aws, checks, mode);
        }),
      ];
      preload(aws, checks, undefined);
      // The essential checks report their failures.
      void Promise.allSettled(reading);
      return await runChecks(checks, {
        context: (own) => ({
          environment,
          aws,
          project,
          names: resourceNames(project),
          options: checkOptions,
          reads,
          signal: own,
          now: new Date(),
          hide,
          log,
        }),
        mode: readMode,
        jobs: options.jobs,
        timeout: options.timeout,
        routeTime: viaSsm ? routeTime : 0,
        signal: round.signal,
        known,
        revise: (result) => applyWaivers(result, waivers, now),
        onStart: (check) => progress?.started(check),
        onResult: (result) => progress?.finished(result),
      });
    },
    {
      limit: options.wait,
      ...(options.pauses ?? usualPauses),
      strict: options.strict,
      signal,
      onPause: (text) => progress?.waiting(text),
    },
  );
  return {
    ...header,
    ...read,
    checks: results,
    summary: summarize(results),
    durationMs: Math.round(performance.now() - start),
    notes: [...unfinishedNotes(unfinished), ...waiverNotes(waivers, now)],
  };
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
