/**
 * The time that a command has after an interruption. The command ends within ten seconds, even if a server does not answer. Each part of
 * its clean-up has a limit in this file. The limits of consecutive parts add up to less than ten seconds.
 */

/** Milliseconds, each for one part. */
export const grace = {
  /** Until a new connection probes a statement that has no answer. */
  beforeProbe: 1000,
  /** Until the server must have answered the new connection. */
  probe: 2000,
  /** Until a program that got SIGTERM is killed. */
  program: 2000,
  /** Until a terraform that changes nothing is killed after its SIGINT. */
  plan: 5000,
  /** For a terraform that changes resources to end, after AWS did not answer. */
  apply: 3000,
  /** Until a request that creates or deletes an object in S3 is aborted. */
  request: 3000,
  /** For the removal of an object that the command created. A busy server may still finish the removal. */
  removal: 5000,
  /** For the record of the run in S3, after everything else. */
  record: 1000,
  /** Until a session closes its connection without an answer of the server. */
  closing: 1000,
  /** Until an interrupted mode change aborts its last requests: those that clean up, and that record what it leaves. */
  cleaning: 8000,
  /** For reverting an interrupted swap, if the server does not answer. */
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
