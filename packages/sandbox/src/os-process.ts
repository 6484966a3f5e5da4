/** Looking at and ending processes by their id, and only those whose command line shows that they are ours. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";

/** A process of ours: its id, and a text that only its command line has, because ids are used again. */
export interface OwnProcess {
  pid: number;
  /** A part of the command line: whole arguments, separated by single spaces. */
  mark: string;
}

/** Command line of a process; "" when there is none, or when it has ended and waits to be reaped. */
async function commandLineOf(pid: number, environment: Environment): Promise<string> {
  if (process.platform === "linux") {
    const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return text.replaceAll("\0", " ");
  }
  const result = await run("ps", ["-ww", "-o", "command=", "-p", String(pid)], { environment });
  return result.stdout;
}

/** Whether the process runs and is the one that was meant. */
export async function isRunning(own: OwnProcess, environment: Environment): Promise<boolean> {
  const commandLine = await commandLineOf(own.pid, environment);
  // The space keeps port 1234 from being taken for port 12345.
  return `${commandLine.trimEnd()} `.includes(`${own.mark} `);
}

/** Sends `signal`, waits for the end, and insists with SIGKILL after ten seconds. Does nothing when it is not ours or gone. */
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
    // Ended between the look and the signal.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
