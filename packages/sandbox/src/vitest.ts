/** Gives the tests of all packages the sandbox that the global set-up has started for the vitest run. */
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

/** @public Exported so that the augmentation above applies in the set-up, which provides the value. */
export type { ProvidedContext };

/** The sandbox of the run. All tests share it: create databases with `createPair`, and do not stop its servers. */
export function testSandbox(): Sandbox {
  return connectSandbox(inject("sandbox"), processEnvironment());
}

/**
 * A directory for a sandbox that a test starts itself. The end of the run stops that sandbox if it still runs, even if the test's
 * process was killed.
 */
export function extraSandboxDirectory(name: string): string {
  return join(dirname(inject("sandbox").directory), name);
}
