/** Waits for, and signals, the processes that a command started. */
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

export { processesOf } from "@pilot-light/sandbox/processes";

/** Waits until a condition holds. */
export async function until(condition: () => Promise<boolean> | boolean, seconds = 300): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Not true after ${seconds} s: ${condition.toString()}`);
    await sleep(25);
  }
}

/** For `onStart`: sends `signal` as soon as a condition holds. */
export function signalWhen(condition: () => Promise<boolean> | boolean, signal: NodeJS.Signals) {
  return (child: ChildProcess) => {
    void until(condition).then(
      () => child.kill(signal),
      () => child.kill("SIGKILL"),
    );
  };
}
