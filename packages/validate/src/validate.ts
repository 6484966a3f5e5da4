/** A whole validation: the chosen checks in one parallel run, again while waiting, as a report. */
import type { OutputsSource } from "@pilot-light/core/terraform/outputs";
import { setMaxListeners } from "node:events";
import { resolve as absolutePath } from "node:path";
import { createAwsClients, type AwsClients } from "@pilot-light/core/aws/clients";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { environmentName, resourceNames } from "@pilot-light/core/contract";
import { readVariable } from "@pilot-light/core/config/env";
import { OpsError } from "@pilot-light/core/ops-error";
import { readProject } from "@pilot-light/core/config/project";
import { addressOption } from "./address.ts";
import type { Check, CheckOptions, Mode } from "./check.ts";
import { preloadClients } from "./preload.ts";
import { createReads } from "./reads.ts";
import { registry } from "./registry.ts";
import { summarize, type Report } from "./report.ts";
import type { Progress, ProgressStart } from "./reporters/progress.ts";
import { runChecks } from "./runner.ts";
import { selectChecks, type Selection } from "./select.ts";
import { applyWaivers, readWaivers, waiverNotes } from "./waivers.ts";
import { usualPauses, waitUntilGood } from "./wait.ts";

export interface ValidateOptions extends Selection {
  outputs: OutputsSource;
  waiversFile?: string | undefined;
  /** `address:port` to connect to instead of the load balancer. */
  resolve?: string | undefined;
  strict: boolean;
  /** Checks at a time. */
  jobs: number;
  /** Milliseconds for one check. */
  timeout: number;
  /** Milliseconds for one round of all checks. */
  deadline: number;
  /** Milliseconds to go on while what has failed can heal; 0 is one round. */
  wait: number;
  /** Milliseconds between two rounds. Default: 2 s, up to 15 s. */
  pauses?: { firstPause: number; longestPause: number };
  /** Folder with cdktf.json. */
  directory: string;
}

/** Options of a validation nobody asked anything special of. */
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
 * Runs a validation to its report. What is wrong with the environment is in the report.
 * @throws OpsError of class usage or configuration for wrong options, INTERRUPTED
 */
export async function validate(
  options: ValidateOptions,
  context: CommandContext,
  progress?: Progress,
): Promise<Report> {
  const start = performance.now();
  const { environment, printer, signal } = context;
  const now = new Date();
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
  const aws = createAwsClients(environment, {
    onCall: ({ client, command }) => log(`${client} ${command.replace(/Command$/, "")}`),
  });
  const header: ProgressStart["header"] = { project, environment: environmentName, region: aws.region };
  const learned: Pick<Report, "mode" | "account"> = { mode: null, account: null };

  const results = await waitUntilGood(
    async (known) => {
      progress?.begin({ checks, header });
      using round = new Round(signal, options.deadline);
      const reads = createReads({
        aws,
        environment,
        names: resourceNames(project),
        outputs: options.outputs,
        directory: checkOptions.directory,
        signal: round.signal,
        hide,
        log,
      });
      const readMode = async (): Promise<Mode> => {
        const { values } = await reads.outputs();
        return values.dev_activated ? "active" : "pilot-light";
      };
      const learning = [
        reads.identity().then((identity) => (learned.account = identity.account)),
        readMode().then((mode) => {
          learned.mode = mode;
          progress?.mode(mode);
          preload(aws, checks, mode);
        }),
      ];
      preload(aws, checks, undefined);
      // Their failures are results of the essential checks.
      void Promise.allSettled(learning);
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
        signal: round.signal,
        known,
        judge: (result) => applyWaivers(result, waivers, now),
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
    ...learned,
    checks: results,
    summary: summarize(results),
    durationMs: Math.round(performance.now() - start),
    notes: waiverNotes(waivers, now),
  };
}

/** Loads the clients of the checks for a mode; of those for every mode while the mode is not known. */
function preload(aws: AwsClients, checks: readonly Check[], mode: Mode | undefined): void {
  void preloadClients(
    aws,
    checks.filter((check) => check.mode === mode),
  );
}

/** One round's time: over when the run is interrupted, when its deadline has passed, and when the round has ended. */
class Round implements Disposable {
  readonly signal: AbortSignal;
  readonly #end = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(interruption: AbortSignal, deadline: number) {
    this.signal = AbortSignal.any([interruption, this.#end.signal]);
    // Every check and every request of the round listens to it.
    setMaxListeners(0, this.signal);
    this.#timer = setTimeout(() => {
      const message = "The whole run has taken too long.";
      this.#end.abort(
        new OpsError("aws", "RUN_TIMEOUT", message, { hint: "Give it more time:  --deadline 5m" }),
      );
    }, deadline);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#end.abort();
  }
}
