/**
 * An emulator for one test file. Some tests would disturb the emulator that all tests share. The check of service discovery needs its own
 * emulator: the emulator ignores the filter NAMESPACE_ID, so the environments of other files would count as well.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processEnvironment } from "@pilot-light/core/config/env";
import { findMoto, motoUrl, startMoto, stopMoto } from "@pilot-light/sandbox/aws/moto";
import { freePort } from "@pilot-light/sandbox/ports";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { tasksEach } from "./support/active-resources.ts";
import type { createEnvironment } from "./support/environment.ts";

export interface OwnEmulator extends AsyncDisposable {
  url: string;
  /** The shared databases, with this emulator. */
  sandbox: Parameters<typeof createEnvironment>[0];
  stop(): Promise<void>;
}

export async function startOwnEmulator(): Promise<OwnEmulator> {
  const environment = processEnvironment();
  const directory = await mkdtemp(join(tmpdir(), "validate-emulator-"));
  const moto = {
    port: await freePort(),
    logFile: join(directory, "moto.log"),
    pidFile: join(directory, "moto.pid"),
    secretArn: "",
  };
  const program = await findMoto(environment);
  await startMoto(moto, { program, environment, ecsServiceRunning: tasksEach });
  const stop = () => stopMoto(moto, environment);
  return {
    url: motoUrl(moto),
    sandbox: { state: { ...testSandbox().state, moto } },
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
