/**
 * Watches work that waits for another machine. A connection can stop carrying data without being closed, behind a tunnel or a proxy:
 * then neither end reports an error, and the work waits forever.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { grace } from "./grace.ts";

export interface Watched {
  /** Milliseconds without progress after which the work is probed. */
  limit: number;
  /** Milliseconds that one probe may take. */
  probeTime: number;
  /** After an interruption, work that continues is probed within a second. */
  interruption?: AbortSignal | undefined;
  /** A value that changes while the work makes progress. */
  progress: () => unknown;
  /**
   * Finds out, in another way, such as through a new connection, whether the other machine still does the work.
   * @returns why the work can no longer end; undefined while it can
   */
  probe: (milliseconds: number, signal: AbortSignal) => Promise<string | undefined>;
}

/**
 * Waits for work. If the work makes no progress, and the probe finds that it never will, ends the work.
 * @param cut ends the work, which then fails; gets the reason and the seconds without progress
 */
export async function watch<T>(
  work: Promise<T>,
  { limit, probeTime, interruption, progress, probe }: Watched,
  cut: (reason: string, seconds: number) => void,
): Promise<T> {
  const ended = new AbortController();
  work.then(
    () => ended.abort(),
    () => ended.abort(),
  );
  const patrol = async () => {
    let last = progress();
    let since = performance.now();
    while (!ended.signal.aborted) {
      const isHurried = interruption?.aborted === true;
      // An interruption ends this pause, and the probe, because it shortens both.
      const stop = AbortSignal.any([
        ended.signal,
        ...(interruption === undefined || isHurried ? [] : [interruption]),
      ]);
      await sleep(isHurried ? grace.beforeProbe : limit, undefined, { signal: stop }).catch(() => undefined);
      const isOver = () => stop.aborted;
      if (isOver()) continue;
      const now = progress();
      if (now !== last) {
        last = now;
        since = performance.now();
        continue;
      }
      const time = isHurried ? grace.probe : probeTime;
      const reason = await probe(time, stop).catch(() => undefined);
      if (isOver() || progress() !== last || reason === undefined) continue;
      cut(reason, Math.round((performance.now() - since) / 1000));
      return;
    }
  };
  void patrol();
  return await work;
}
