/** Runs checks in parallel: each starts when what it needs is there, has a time of its own, and always ends in a result. */
import { setMaxListeners } from "node:events";
import { OpsError } from "@pilot-light/core/ops-error";
import { formatDuration } from "@pilot-light/core/output/format";
import pLimit from "p-limit";
import type { Check, CheckContext, Mode } from "./check.ts";
import {
  keepingMode,
  notApplicable,
  resultOf,
  resultOfError,
  skippedBecauseOf,
  type CheckResult,
} from "./result.ts";

export interface RunnerOptions {
  /** Makes the context of one check. */
  context: (signal: AbortSignal) => CheckContext;
  /** Rejects where the outputs cannot be read. */
  mode: () => Promise<Mode>;
  /** Checks at a time. */
  jobs: number;
  /** Milliseconds for one check that sets no time of its own. */
  timeout: number;
  /** Ends every check: by an interruption the run as well, by anything else with a result. */
  signal: AbortSignal;
  /** Results of an earlier round that still hold. */
  known?: ReadonlyMap<string, CheckResult>;
  /** Has the last word on each result: waivers. */
  judge?: (result: CheckResult) => CheckResult;
  onStart?: (check: Check) => void;
  /** Called for results of an earlier round, too. */
  onResult?: (result: CheckResult) => void;
}

/**
 * Runs `checks`, whose order must have every check after those it needs. What a check needs and is not among them
 * counts as good.
 * @returns one result for each check, in their order
 * @throws the reason of an interruption, and nothing else
 */
export async function runChecks(checks: readonly Check[], options: RunnerOptions): Promise<CheckResult[]> {
  const { known = new Map<string, CheckResult>() } = options;
  const limit = pLimit(options.jobs);
  const running = new Map<string, Promise<CheckResult>>();
  const execute = async (check: Check): Promise<CheckResult> => {
    const needed = await Promise.all(check.needs.flatMap((id) => running.get(id) ?? []));
    const outputs = needed.find(({ id }) => id === "terraform-outputs");
    const modeKnown = outputs === undefined || !blocks(outputs);
    if (check.mode !== undefined && modeKnown && (await options.mode()) !== check.mode) {
      return notApplicable(check);
    }
    const blocker = needed.find(blocks);
    if (blocker !== undefined) return skippedBecauseOf(check, blocker);
    const result = await limit(() => attempt(check, options));
    return await keepingMode(result, () => options.mode().catch(() => undefined));
  };
  for (const check of checks) {
    const earlier = known.get(check.id);
    const result = (earlier === undefined ? execute(check) : Promise.resolve(earlier)).then(told);
    // The first rejection ends the run below; the others must not end the process.
    result.catch(() => undefined);
    running.set(check.id, result);
  }
  return await Promise.all(running.values());

  function told(result: CheckResult): CheckResult {
    const judged = options.judge?.(result) ?? result;
    options.onResult?.(judged);
    return judged;
  }
}

function blocks({ status }: CheckResult): boolean {
  return status === "failed" || status === "waived" || status === "skipped";
}

async function attempt(check: Check, options: RunnerOptions): Promise<CheckResult> {
  const start = performance.now();
  const elapsed = () => Math.round(performance.now() - start);
  const timeout = check.timeout ?? options.timeout;
  const own = new AbortController();
  const timer = setTimeout(() => own.abort(timedOut(timeout)), timeout);
  const signal = AbortSignal.any([own.signal, options.signal]);
  // A check may make any number of requests.
  setMaxListeners(0, signal);
  options.onStart?.(check);
  try {
    signal.throwIfAborted();
    const finding = await Promise.race([check.run(options.context(signal)), rejectOn(signal)]);
    return resultOf(check, finding, elapsed());
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    if (reason instanceof OpsError && reason.failure === "interrupted") throw reason;
    return resultOfError(check, reason, elapsed());
  } finally {
    clearTimeout(timer);
    // Ends what the check left behind, such as requests whose result nobody needs any more.
    own.abort();
  }
}

function timedOut(milliseconds: number): OpsError {
  return new OpsError("aws", "CHECK_TIMEOUT", `No result after ${formatDuration(milliseconds)}.`, {
    hint: "Is the network slow, or does a proxy hold the connection? Give it more time:  --timeout 60s",
  });
}

/** Rejects when the signal is aborted: a check may not listen to it, or listen too late. */
function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener(
      "abort",
      () => {
        const reason: unknown = signal.reason;
        reject(reason instanceof Error ? reason : new Error(String(reason)));
      },
      { once: true },
    );
  });
}
