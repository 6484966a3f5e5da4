/** Runs checks in parallel: each starts when the checks that it needs have ended, has its own time limit, and ends in a result. */
import { setMaxListeners } from "node:events";
import { OpsError } from "@pilot-light/core/ops-error";
import pLimit from "p-limit";
import type { Check, CheckContext } from "./check.ts";
import type { CheckResult } from "./documents.ts";
import { checkTimeout } from "./errors.ts";
import type { Mode } from "./mode.ts";
import { attemptOfError, notApplicable, resultOf, skippedBecauseOf, type Attempt } from "./result.ts";

export interface RunnerOptions {
  /** Creates the context of one check. */
  context: (signal: AbortSignal) => CheckContext;
  /** Rejects when the outputs cannot be read. */
  mode: () => Promise<Mode>;
  /** Number of checks that run at the same time. */
  jobs: number;
  /** Milliseconds for one check that states no time limit. */
  timeout: number;
  /** Milliseconds that opening a route to RDS may take in addition. */
  routeTime?: number;
  /** Ends every check. An interruption ends the run as well; any other reason becomes the result of each check. */
  signal: AbortSignal;
  /** Results of an earlier round that are still valid. */
  known?: ReadonlyMap<string, CheckResult>;
  /** Changes a result before it is reported: waivers. */
  revise?: (result: CheckResult) => CheckResult;
  onStart?: (check: Check) => void;
  /** Called for results of an earlier round as well. */
  onResult?: (result: CheckResult) => void;
}

/**
 * Runs `checks`, in which every check must stand after the checks that it needs. A needed check that is not among them
 * counts as passed.
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
    const attempted = await limit(() => attempt(check, options));
    return resultOf(check, attempted);
  };
  for (const check of checks) {
    const earlier = known.get(check.id);
    const result = (earlier === undefined ? execute(check) : Promise.resolve(earlier)).then(report);
    // The first rejection ends the run below; the others must not end the process.
    result.catch(() => undefined);
    running.set(check.id, result);
  }
  return await Promise.all(running.values());

  function report(result: CheckResult): CheckResult {
    const revised = options.revise?.(result) ?? result;
    options.onResult?.(revised);
    return revised;
  }
}

function blocks({ status }: CheckResult): boolean {
  return status === "failed" || status === "waived" || status === "skipped";
}

async function attempt(check: Check, options: RunnerOptions): Promise<Attempt> {
  const start = performance.now();
  const elapsed = () => Math.round(performance.now() - start);
  const routeTime = check.usesRoute === true ? (options.routeTime ?? 0) : 0;
  const timeout = (check.timeout ?? options.timeout) + routeTime;
  const own = new AbortController();
  const timer = setTimeout(() => own.abort(checkTimeout({ timeoutMs: timeout })), timeout);
  const signal = AbortSignal.any([own.signal, options.signal]);
  // A check may make any number of requests.
  setMaxListeners(0, signal);
  options.onStart?.(check);
  try {
    signal.throwIfAborted();
    const finding = await Promise.race([check.run(options.context(signal)), rejectOn(signal)]);
    return { finding, durationMs: elapsed() };
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    if (reason instanceof OpsError && reason.failure === "interrupted") throw reason;
    return attemptOfError(reason, elapsed());
  } finally {
    clearTimeout(timer);
    // Ends requests of the check that are still running.
    own.abort();
  }
}

/** Rejects when the signal is aborted: a check may ignore it, or listen too late. */
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
