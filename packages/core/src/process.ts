/** Runs other programs: with argument arrays, an explicit environment, and a bounded tail of stderr. */
import { createInterface } from "node:readline";
import type { Environment } from "./config/env.ts";
import { interrupted, programMissing } from "./errors.ts";

export interface RunOptions {
  /** The whole environment of the child. Secrets go into files named by it, never into `args`. */
  environment: Environment;
  cwd?: string;
  /** Ends the child with SIGTERM, and with SIGKILL five seconds later. */
  signal?: AbortSignal;
  /** Called with each line of stderr as it comes. */
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
  return [program, ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(" ");
}

/** Whether a process runs on this machine, whoever owns it. */
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
    stdin: "ignore",
    reject: false,
    buffer: { stdout: true, stderr: false },
    forceKillAfterDelay: 5000,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  const stderr: string[] = [];
  const reading = (async () => {
    for await (const line of createInterface({ input: child.stderr, crlfDelay: Infinity })) {
      stderr.push(line);
      if (stderr.length > tailLines) stderr.shift();
      options.onStderr?.(line);
    }
  })();
  const result = await child;
  await reading.catch(() => undefined);
  if (result.isCanceled) {
    const reason: unknown = options.signal?.reason;
    throw reason instanceof Error ? reason : interrupted({ signal: "a signal" });
  }
  if (result.exitCode === undefined && result.signal === undefined) {
    throw programMissing({ program }, { cause: result.cause ?? result });
  }
  return { exitCode: result.exitCode ?? 128, stdout: result.stdout, stderr };
}
