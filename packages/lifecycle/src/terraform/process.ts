/**
 * Runs terraform so that it always stops in order: it gets one SIGINT after an interruption, or if AWS no longer answers. A run that changes
 * resources never gets a second one, and never SIGKILL, which would lose the record of what Terraform has just created. Terraform writes to
 * a file, so that it finishes even when this process ends.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, type FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "@pilot-light/core/config/env";
import { programMissing } from "@pilot-light/core/errors";
import { grace } from "@pilot-light/core/async/grace";
import { commandLine } from "@pilot-light/core/process";
import { watchTerraform, type Stall } from "./stall.ts";

export interface TerraformProcess {
  program: string;
  directory: string;
  environment: Environment;
  /** File for its output. An existing file is overwritten. */
  outputFile: string;
  signal: AbortSignal;
  /** The run changes no resource, so it may be killed if it does not end in time. */
  isReading?: boolean;
  onStart?: (commandLine: string) => void;
  /** Called once, when the run gets its SIGINT. */
  onStopping?: () => void;
}

/** How a run of terraform ended. */
export interface TerraformEnd {
  exitCode: number;
  /** The signal that ended it, if it could not end in order: it may not have written its state. */
  killedBy: NodeJS.Signals | undefined;
  /** Why it was stopped, if it made no progress. */
  stall: Stall | undefined;
  /** Its process id, if it still waits for AWS. It ends in order as soon as AWS answers. */
  leftRunning: number | undefined;
}

/** Milliseconds between two reads of the output file. */
const pauseMs = 150;

/**
 * Runs terraform to its end and passes on each line of its output, with stderr.
 * @returns its exit code, even for an interrupted run; 128 if terraform has no exit code
 * @throws OpsError PROGRAM_MISSING (configuration) when it cannot be started
 */
export async function runTerraform(
  args: readonly string[],
  options: TerraformProcess,
  onLine: (line: string) => void,
): Promise<TerraformEnd> {
  const { program, directory, environment, outputFile, signal } = options;
  signal.throwIfAborted();
  options.onStart?.(commandLine(program, args));
  await using output = await open(outputFile, "w+", 0o600);
  // Its own process group: Ctrl-C in a terminal reaches every process of a group, and the SIGINT below would be the second.
  const child = spawn(program, [...args], {
    cwd: directory,
    env: { ...environment },
    stdio: ["ignore", output.fd, output.fd],
    detached: true,
  });
  const ending = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const state = { running: true, stopping: false, abandoned: false, progress: 0 };
  const ended = ending.finally(() => (state.running = false));
  ended.catch(() => undefined);
  const stop = () => {
    if (!state.running || state.stopping) return;
    state.stopping = true;
    child.kill("SIGINT");
    options.onStopping?.();
    if (options.isReading === true) abandonAfter(grace.plan);
  };
  const abandon = () => {
    state.abandoned = true;
    if (options.isReading === true) killGroup(child.pid);
    // Otherwise terraform ends by itself, and this process does not wait for it.
    else child.unref();
  };
  let timer: NodeJS.Timeout | undefined;
  const abandonAfter = (milliseconds: number) => (timer ??= setTimeout(abandon, milliseconds));
  let stall: Stall | undefined;
  const watched = { environment, signal, progress: () => state.progress };
  void watchTerraform(ended, watched, (found) => {
    stall = found;
    stop();
    abandonAfter(grace.apply);
  }).catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    const reader = new LineReader(output, (line) => {
      // Lines that terraform prints while it stops do not count as progress.
      if (isProgress(line) && !state.stopping) state.progress += 1;
      onLine(line);
    });
    while (state.running && !state.abandoned) {
      await Promise.race([sleep(pauseMs), ended.catch(() => undefined)]);
      await reader.read();
    }
    const isLeft = state.running && options.isReading !== true;
    const [exitCode, killedBy] = state.running ? [null, null] : await ended;
    await reader.readToEnd();
    const leftRunning = isLeft ? child.pid : undefined;
    return { exitCode: exitCode ?? 128, killedBy: killedBy ?? undefined, stall, leftRunning };
  } catch (cause) {
    if (child.pid !== undefined) throw cause;
    const hint = "Install Terraform 1.10 or later, or add its directory to PATH.";
    throw programMissing({ program }, { hint, cause });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** False for the line that Terraform repeats while it waits for a resource. */
function isProgress(line: string): boolean {
  return !/"type":"(?:apply|provision)_progress"|: Still \w+\.\.\./.test(line);
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** Reads new lines at the end of a file. */
class LineReader {
  readonly #file: FileHandle;
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  readonly #buffer = Buffer.alloc(65_536);
  #position = 0;
  #rest = "";

  constructor(file: FileHandle, onLine: (line: string) => void) {
    this.#file = file;
    this.#onLine = onLine;
  }

  async read(): Promise<void> {
    for (;;) {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, this.#buffer.length, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      this.#rest += this.#decoder.decode(this.#buffer.subarray(0, bytesRead), { stream: true });
      const lines = this.#rest.split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.#onLine(line);
    }
  }

  /** Also reads a last line without a line break. */
  async readToEnd(): Promise<void> {
    await this.read();
    if (this.#rest !== "") this.#onLine(this.#rest);
    this.#rest = "";
  }
}
