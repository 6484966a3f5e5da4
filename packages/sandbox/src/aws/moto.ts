/** Finds, starts, checks and stops the AWS emulator, `moto_server`. */
import { spawn } from "node:child_process";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "@pilot-light/core/config/env";
import { motoMissing, motoStartFailed } from "../errors.ts";
import { cacheDirectory, findProgram, isExecutable } from "../find-program.ts";
import { endProcess, isRunning, type OwnProcess } from "../os-process.ts";
import { loopback } from "../ports.ts";
import type { SandboxState } from "../state.ts";

type Moto = SandboxState["moto"];

/** Base address of the emulator for every AWS service. */
export function motoUrl(moto: Pick<Moto, "port">): string {
  return `http://${loopback}:${moto.port}`;
}

/**
 * Path of `moto_server`: on the PATH, or where the repository's set-up installs it.
 * @throws OpsError MOTO_MISSING (configuration)
 */
export async function findMoto(environment: Environment): Promise<string> {
  const onPath = await findProgram("moto_server", environment);
  if (onPath !== undefined) return onPath;
  const installed = join(cacheDirectory(environment), "moto", "bin", "moto_server");
  if (await isExecutable(installed)) return installed;
  throw motoMissing();
}

/** How to start the emulator. */
export interface MotoOptions {
  program: string;
  environment: Environment;
  /** How many running tasks it reports for each ECS service. moto's own default is 0. */
  ecsServiceRunning?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Starts the emulator as a separate process, and returns when it answers.
 * @throws OpsError MOTO_START_FAILED (configuration)
 */
export async function startMoto(moto: Moto, options: MotoOptions): Promise<void> {
  const log = await open(moto.logFile, "w");
  const child = spawn(options.program, ["-H", loopback, "-p", String(moto.port)], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: {
      ...options.environment,
      MOTO_IAM_LOAD_MANAGED_POLICIES: "true",
      ...(options.ecsServiceRunning === undefined
        ? {}
        : { MOTO_ECS_SERVICE_RUNNING: String(options.ecsServiceRunning) }),
    },
  });
  let failure: unknown;
  child.on("error", (error) => (failure = error));
  child.on("exit", (code) => (failure ??= new Error(`moto_server ended with ${code ?? "a signal"}`)));
  child.unref();
  await log.close();
  if (child.pid !== undefined) await writeFile(moto.pidFile, String(child.pid));

  const deadline = Date.now() + 60_000;
  while (failure === undefined && Date.now() < deadline) {
    if (await motoAnswers(moto)) return;
    await sleep(50, undefined, { signal: options.signal });
  }
  const text = await readFile(moto.logFile, "utf8");
  const details = text.trim().split("\n").slice(-20);
  throw motoStartFailed({ program: options.program }, { details, cause: failure });
}

async function motoProcess(moto: Moto): Promise<OwnProcess | undefined> {
  const pid = Number.parseInt(await readFile(moto.pidFile, "utf8").catch(() => ""), 10);
  return Number.isInteger(pid) ? { pid, mark: `moto_server -H ${loopback} -p ${moto.port}` } : undefined;
}

/** Process id of the emulator; undefined when it does not run. */
export async function motoPid(moto: Moto, environment: Environment): Promise<number | undefined> {
  const own = await motoProcess(moto);
  return own !== undefined && (await isRunning(own, environment)) ? own.pid : undefined;
}

/** Ends the emulator. Its data is lost: it is in memory only. */
export async function stopMoto(moto: Moto, environment: Environment): Promise<void> {
  const own = await motoProcess(moto);
  if (own !== undefined) await endProcess(own, "SIGTERM", environment);
}

/** Whether the emulator answers. */
export async function motoAnswers(moto: Pick<Moto, "port">): Promise<boolean> {
  try {
    const response = await fetch(`${motoUrl(moto)}/moto-api/`, { signal: AbortSignal.timeout(5000) });
    return response.ok;
  } catch {
    return false;
  }
}
