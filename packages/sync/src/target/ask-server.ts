/** If the answer of a server to a change was lost, asks the server whether it carried out the change. Each attempt has a new session. */
import { setTimeout as sleep } from "node:timers/promises";
import { delayed, grace } from "@pilot-light/core/async/grace";
import type { Session } from "@pilot-light/core/postgres/session";

/** Milliseconds for all attempts. After an interruption, `isFinal` may end them earlier. */
const mostTime = 30_000;

/** A question about a change. */
export interface Question<T> {
  /** Opens a session on the server. */
  reopen: () => Promise<Session>;
  /** Asks the question. @throws if the server does not know the answer yet */
  ask: (session: Session) => Promise<T>;
  /** Milliseconds between two attempts. */
  pauseMs: number;
  /** Whether another attempt is useless after this error. `isLate`: the time that an interruption leaves is over. */
  isFinal: (error: unknown, isLate: boolean) => boolean;
}

/** The answer of the server, or the last error. */
export type Answer<T> = { value: T } | { error: unknown };

/** Asks until the server answers. Never throws. */
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
