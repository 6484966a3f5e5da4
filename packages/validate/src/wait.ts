/**
 * `--wait`: runs failed checks again while all their problems may disappear without a change. Ends when no check fails, when the
 * time is over, or when a problem remains that cannot disappear.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { formatDuration, plural } from "@pilot-light/core/output/format";
import type { CheckResult } from "./documents.ts";

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

/** Results that remain valid in the next round; undefined if another round cannot change anything. */
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

/** Whether all problems of a check may disappear. If one cannot, waiting for the others does not help. */
function canHeal({ problems }: CheckResult, strict: boolean): boolean {
  return problems
    .filter(({ severity }) => strict || severity === "failure")
    .every(({ heals = false }) => heals);
}

/** Runs rounds; each receives the results of the previous round that are still valid. */
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
      `${plural(count, "check")} may still succeed: next attempt in ${formatDuration(waiting)}, for at most ${formatDuration(left)} more`,
    );
    await sleep(waiting, undefined, { signal: options.signal }).catch(() => options.signal.throwIfAborted());
    results = await round(known);
  }
}
