/**
 * Waits until AWS reports a state, and ends at an interruption or when AWS no longer answers. The SDK's waiters do neither: they pass their
 * signal neither to their requests nor to their pauses, and a request that AWS never answers never ends.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two attempts. */
const pauseMs = 5000;

/**
 * Repeats a check until it returns true, or until the time is over.
 * @param check must end with the signal
 * @param seconds longest time
 * @returns false when the time was over first
 */
export async function retryUntil(
  check: () => Promise<boolean>,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  while (!(await check())) {
    if (Date.now() > end) return false;
    await sleep(pauseMs, undefined, { signal });
  }
  return true;
}
