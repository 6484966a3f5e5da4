/** Asks a server what became of a change whose answer was lost, each time in a new session, until it answers. */
import { setTimeout as sleep } from "node:timers/promises";
import { delayed, grace } from "@pilot-light/core/async/grace";
import type { Session } from "@pilot-light/core/postgres/session";

/** Milliseconds until the answer. After an interruption it is less. */
const mostTime = 30_000;

/** A question about a change. */
export interface Question<T> {
  /** Opens a session on the server. */
  reopen: () => Promise<Session>;
  /** @throws where the server does not know the answer yet */
  ask: (session: Session) => Promise<T>;
  /** Milliseconds between two attempts. */
  pauseMs: number;
  /** Whether another attempt is useless after this error. `isLate`: the time that an interruption leaves is over. */
  isFinal: (error: unknown, isLate: boolean) => boolean;
}

/** What the server answered, or the last error. */
export type Answer<T> = { value: T } | { error: unknown };

/** Never throws. */
export async function askServer<T>(
  { reopen, ask, pauseMs, isFinal }: Question<T>,
  signal: AbortSignal,
): Promise<Answer<T>> {
  const deadline = Date.now() + mostTime;
  const patience = delayed(signal, grace.recovery);
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      await using session = await reopen();
      return { value: await ask(session) };
    } catch (error) {
      last = error;
      if (isFinal(error, patience.aborted)) break;
      await sleep(pauseMs);
    }
  }
  return { error: last };
}
