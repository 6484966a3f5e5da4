/** Runs other programs: with argument arrays, an explicit environment, and a bounded tail of stderr. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { grace } from "./async/grace.ts";
import type { Environment } from "./config/env.ts";
import { interrupted, programMissing } from "./errors.ts";
import { shellWord } from "./output/shell.ts";

export interface RunOptions {
  /** The whole environment of the child. Secrets go into files named by it, never into `args`. */
  environment: Environment;
  cwd?: string;
  /** Standard input; empty unless given. The program may stop reading it early. */
  input?: Readable;
  /** Ends the child with SIGTERM, and two seconds later it and its own children with SIGKILL. */
  signal?: AbortSignal;
  /** Reads standard output as it arrives. The result does not contain it then. If this fails, so does the run. */
  onStdout?: (output: Readable) => Promise<void>;
  /** Called with each line of stderr as it arrives. */
  onStderr?: (line: string) => void;
  /** Called once with the command line before it starts, for `--verbose`. */
  onStart?: (commandLine: string) => void;
}

export interface RunResult {
  exitCode: number;
  stdout: string;
  /** The last 40 lines of stderr. */
  stderr: readonly string[];
}

const tailLines = 40;

/** A command line as a person would type it, for logs. Never executed. */
export function commandLine(program: string, args: readonly string[]): string {
  return [program, ...args].map(shellWord).join(" ");
}

/** Whether a process runs on this machine, even one of another user. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process runs and belongs to another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * Runs a program to its end and returns its exit code and output.
 * @throws OpsError PROGRAM_MISSING (configuration) when it cannot be started, INTERRUPTED when `signal` ended it.
 */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  options.signal?.throwIfAborted();
  options.onStart?.(commandLine(program, args));
  const { execa } = await import("execa");
  const child = execa(program, [...args], {
    env: { ...options.environment } as Record<string, string>,
    extendEnv: false,
    stdin: options.input === undefined ? "ignore" : "pipe",
    reject: false,
    buffer: { stdout: options.onStdout === undefined, stderr: false },
    // Its own process group: pg_restore that is killed leaves workers, which may wait for a server that does not answer.
    detached: true,
    forceKillAfterDelay: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  const stopEnding = endGroup(child, options.signal);
  const { stdin } = child as ChildProcess;
  // The program reports input that ends too early, and may end without having read everything.
  if (options.input !== undefined && stdin !== null) {
    void pipeline(options.input, stdin).catch(() => undefined);
  }
  const stderr: string[] = [];
  const reading = (async () => {
    for await (const line of createInterface({ input: child.stderr, crlfDelay: Infinity })) {
      stderr.push(line);
      if (stderr.length > tailLines) stderr.shift();
      options.onStderr?.(line);
    }
  })();
  const taking = options.onStdout?.(child.stdout);
  taking?.catch(() => child.stdout.destroy());
  const result = await child.finally(stopEnding);
  await reading.catch(() => undefined);
  if (result.isCanceled) {
    const reason: unknown = options.signal?.reason;
    throw reason instanceof Error ? reason : interrupted({ signal: "a signal" });
  }
  if (result.exitCode === undefined && result.signal === undefined) {
    throw programMissing({ program }, { cause: result.cause ?? result });
  }
  await taking;
  return {
    exitCode: result.exitCode ?? 128,
    stdout: options.onStdout === undefined ? result.stdout : "",
    stderr,
  };
}

/** Process groups of the children that run. */
const groups = new Set<number>();

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group has ended.
  }
}

function killGroups(): void {
  for (const pid of groups) killGroup(pid);
}

/** Kills the process group of a child after an interruption, and when this process ends. Returns how to stop that. */
function endGroup(child: ChildProcess, signal: AbortSignal | undefined): () => void {
  const { pid } = child;
  if (pid === undefined) return () => undefined;
  if (groups.size === 0) process.once("exit", killGroups);
  groups.add(pid);
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    timer = setTimeout(() => killGroup(pid), grace.program);
  };
  signal?.addEventListener("abort", stop, { once: true });
  child.once("exit", () => {
    // The processes that the child has started end with it.
    if (signal?.aborted === true) killGroup(pid);
  });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    groups.delete(pid);
    if (groups.size === 0) process.off("exit", killGroups);
  };
}
