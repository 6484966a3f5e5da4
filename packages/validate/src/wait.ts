/** `--wait`: runs again what failed and can heal, until nothing is left, the time is over, or something cannot heal. */
import { setTimeout as sleep } from "node:timers/promises";
import { formatDuration, plural } from "@pilot-light/core/output/format";
import type { CheckResult } from "./result.ts";

export interface WaitOptions {
  /** Milliseconds for all rounds together; 0 is one round. */
  limit: number;
  /** Milliseconds of the first pause; it doubles up to `longestPause`. */
  firstPause: number;
  longestPause: number;
  /** Warnings count as failures. */
  strict: boolean;
  signal: AbortSignal;
  onPause: (text: string) => void;
}

export const usualPauses = { firstPause: 2000, longestPause: 15_000 } as const;

/** Results that a next round need not look at again, or undefined when a next round makes no sense. */
export function resultsToKeep(
  results: readonly CheckResult[],
  strict: boolean,
): ReadonlyMap<string, CheckResult> | undefined {
  const wrong = results.filter((result) => isWrong(result, strict));
  if (wrong.length === 0 || !wrong.every((result) => canHeal(result, strict))) return undefined;
  const kept = results
    .filter(({ status }) => status !== "skipped")
    .filter((result) => !wrong.includes(result));
  return new Map(kept.map((result) => [result.id, result]));
}

function isWrong({ status }: CheckResult, strict: boolean): boolean {
  return status === "failed" || (strict && status === "warning");
}

/** One problem that cannot heal is enough: waiting for the others would be in vain. */
function canHeal({ problems }: CheckResult, strict: boolean): boolean {
  return problems
    .filter(({ severity }) => strict || severity === "failure")
    .every(({ heals = false }) => heals);
}

/** Runs rounds; each gets the results of the one before that still hold. */
export async function waitUntilGood(
  round: (known: ReadonlyMap<string, CheckResult>) => Promise<CheckResult[]>,
  options: WaitOptions,
): Promise<CheckResult[]> {
  const deadline = performance.now() + options.limit;
  let results = await round(new Map());
  for (let pause = options.firstPause; ; pause = Math.min(pause * 2, options.longestPause)) {
    const known = resultsToKeep(results, options.strict);
    const left = deadline - performance.now();
    if (known === undefined || left <= 0) return results;
    const waiting = Math.min(pause, left);
    const count = results.length - known.size;
    options.onPause(
      `${plural(count, "check")} may still heal: again in ${formatDuration(waiting)}, for at most ${formatDuration(left)} more`,
    );
    await sleep(waiting, undefined, { signal: options.signal }).catch(() => options.signal.throwIfAborted());
    results = await round(known);
  }
}
