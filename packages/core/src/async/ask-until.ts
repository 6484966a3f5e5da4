/**
 * Waiting for AWS. The SDK's waiters hand their signal on neither to their requests nor to their pauses: an interrupted process would
 * live on until both have ended, which for a request that is not answered is never.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two questions. */
const pause = 5000;

/**
 * Asks again and again.
 * @param ask must end with the signal; true ends the waiting
 * @param seconds longest time
 * @returns false when the time was over first
 */
export async function askUntil(
  ask: () => Promise<boolean>,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  while (!(await ask())) {
    if (Date.now() > end) return false;
    await sleep(pause, undefined, { signal });
  }
  return true;
}
