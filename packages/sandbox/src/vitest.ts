/** The sandbox that the global set-up started for a vitest run, as a handle for the tests of any package. */
import { dirname, join } from "node:path";
import { processEnvironment } from "@pilot-light/core/config/env";
import { inject, type ProvidedContext } from "vitest";
import { connectSandbox, type Sandbox } from "./sandbox.ts";
import type { SandboxState } from "./state.ts";

declare module "vitest" {
  interface ProvidedContext {
    sandbox: SandboxState;
  }
}

/** @public Exported so that the augmentation above reaches the set-up, which provides the value. */
export type { ProvidedContext };

/** The run's sandbox. All tests share it: make databases of your own with `createPair`, and stop none of its servers. */
export function testSandbox(): Sandbox {
  return connectSandbox(inject("sandbox"), processEnvironment());
}

/**
 * A directory for a sandbox that a test starts itself. The end of the run stops what is still in there, also when the test's
 * process was killed.
 */
export function extraSandboxDirectory(name: string): string {
  return join(dirname(inject("sandbox").directory), name);
}
