/** Checks and ends processes by their id. The system reuses ids, so a process must also have the expected command line. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";

/** A process of the sandbox: its id, and a text that only its command line contains. */
export interface OwnProcess {
  pid: number;
  /** A part of the command line: whole arguments, separated by single spaces. */
  mark: string;
}

/** Command line of a process; "" when there is no such process, or when it has ended and was not reaped yet. */
async function commandLineOf(pid: number, environment: Environment): Promise<string> {
  if (process.platform === "linux") {
    const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return text.replaceAll("\0", " ");
  }
  const result = await run("ps", ["-ww", "-o", "command=", "-p", String(pid)], { environment });
  return result.stdout;
}

/** Whether the process runs, with the expected command line. */
export async function isRunning(own: OwnProcess, environment: Environment): Promise<boolean> {
  const commandLine = await commandLineOf(own.pid, environment);
  // With the space, port 1234 does not match port 12345.
  return `${commandLine.trimEnd()} `.includes(`${own.mark} `);
}

/** Sends `signal` and waits for the end; after ten seconds sends SIGKILL. Does nothing when the process does not run. */
export async function endProcess(
  own: OwnProcess,
  signal: NodeJS.Signals,
  environment: Environment,
): Promise<void> {
  for (const [step, seconds] of [
    [signal, 10],
    ["SIGKILL", 5],
  ] as const) {
    const deadline = Date.now() + seconds * 1000;
    if (!(await isRunning(own, environment))) return;
    signalProcess(own.pid, step);
    while (Date.now() < deadline) {
      if (!(await isRunning(own, environment))) return;
      await sleep(25);
    }
  }
  throw new Error(`Process ${own.pid} (${own.mark}) did not end.`);
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // The process ended between the check and the signal.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
