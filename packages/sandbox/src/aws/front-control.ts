/** Starts, checks and stops the front of a sandbox's deployed environment, which is a separate process. */
import { spawn } from "node:child_process";
import { open, readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { defaultRegion } from "@pilot-light/core/contract";
import type { Environment } from "@pilot-light/core/config/env";
import { endProcess, isRunning, type OwnProcess } from "../os-process.ts";
import { loopback } from "../ports.ts";
import type { Deployment, SandboxState } from "../state.ts";
import { motoAnswers, motoUrl } from "./moto.ts";

/** The built file, even if the tests run the sources: Node 20 cannot run TypeScript. */
const program = fileURLToPath(new URL("../../dist/front-process.js", import.meta.url));

/** Addresses of the front. */
export function frontAddresses({ proxyPort, applicationPort }: Deployment) {
  return { url: motoUrl({ port: proxyPort }), application: `${loopback}:${applicationPort}` };
}

function argumentsOf({ moto, project }: SandboxState, { proxyPort, applicationPort }: Deployment): string[] {
  return [program, motoUrl(moto), defaultRegion, project, String(proxyPort), String(applicationPort)];
}

/** Starts the front and returns when it answers. The emulator must run. */
export async function startFrontProcess(state: SandboxState, deployment: Deployment): Promise<void> {
  const { logFile, pidFile, proxyPort } = deployment;
  const log = await open(logFile, "w");
  const child = spawn(process.execPath, argumentsOf(state, deployment), {
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  const own = { running: true };
  child.on("exit", () => (own.running = false));
  child.unref();
  await log.close();
  if (child.pid !== undefined) await writeFile(pidFile, String(child.pid));
  const deadline = Date.now() + 30_000;
  while (own.running && Date.now() < deadline) {
    if (await motoAnswers({ port: proxyPort })) return;
    await sleep(50);
  }
  throw new Error(`The front of the emulator does not answer:\n${await readFile(logFile, "utf8")}`);
}

async function frontProcess(state: SandboxState, deployment: Deployment): Promise<OwnProcess | undefined> {
  const pid = Number.parseInt(await readFile(deployment.pidFile, "utf8").catch(() => ""), 10);
  return Number.isInteger(pid) ? { pid, mark: argumentsOf(state, deployment).join(" ") } : undefined;
}

/** Process id of the front; undefined when it does not run. */
export async function frontPid(
  state: SandboxState,
  deployment: Deployment,
  environment: Environment,
): Promise<number | undefined> {
  const own = await frontProcess(state, deployment);
  return own !== undefined && (await isRunning(own, environment)) ? own.pid : undefined;
}

/** Ends the front. */
export async function stopFrontProcess(state: SandboxState, environment: Environment): Promise<void> {
  if (state.deployment === undefined) return;
  const own = await frontProcess(state, state.deployment);
  if (own !== undefined) await endProcess(own, "SIGTERM", environment);
}
