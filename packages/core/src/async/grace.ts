/**
 * The time that a command has after an interruption. It ends within ten seconds, whatever does not answer: each part of its clean-up
 * gets a limit from this file, and the limits of parts that follow each other add up to less.
 */

/** Milliseconds, each for one part. */
export const grace = {
  /** A statement without an answer is probed by a new connection. */
  beforeProbe: 1000,
  /** The new connection, until its server must have answered. */
  probe: 2000,
  /** A program that got SIGTERM is killed. */
  program: 2000,
  /** A request that creates or deletes an object in S3 is given up. */
  request: 3000,
  /** A session closes its connection without a word of the server. */
  closing: 1000,
  /** A swap that was interrupted is reverted, while no server answers. */
  recovery: 4000,
} as const;

/** A signal that is aborted some time after another one, with its reason. */
export function delayed(signal: AbortSignal, milliseconds: number): AbortSignal {
  const controller = new AbortController();
  const start = () => {
    setTimeout(() => controller.abort(signal.reason), milliseconds).unref();
  };
  if (signal.aborted) start();
  else signal.addEventListener("abort", start, { once: true });
  return controller.signal;
}
