/** A pair whose RDS only Systems Manager reaches. One program stands in for Systems Manager, and one on the PATH for its plugin. */
import { delimiter, join } from "node:path";
import {
  installPlugin,
  SessionManager,
  type SessionManagerOptions,
} from "@pilot-light/sandbox/aws/session-manager";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { processesOf, until } from "./processes.ts";

export interface PrivatePair extends AsyncDisposable {
  pair: Pair;
  manager: SessionManager;
  /** For `sync`: RDS_HOSTADDR is not set, and the name of the endpoint does not resolve. */
  env: Record<string, string>;
}

/** Creates the pair. */
export async function privatePair(options: Pick<SessionManagerOptions, "starts"> = {}): Promise<PrivatePair> {
  const sandbox = testSandbox();
  const pair = await createPair(sandbox, { neon: "app", rds: "stale" });
  const manager = await SessionManager.start({
    endpoint: pair.env.AWS_ENDPOINT_URL ?? "",
    databasePort: sandbox.state.rds.port,
    ...options,
  });
  const directory = join(pair.env.HOME ?? "", "bin");
  await installPlugin(directory);
  return {
    pair,
    manager,
    env: {
      AWS_ENDPOINT_URL: manager.url,
      PATH: `${directory}${delimiter}${pair.env.PATH ?? ""}`,
      RDS_HOSTADDR: "",
    },
    [Symbol.asyncDispose]: async () => {
      await manager[Symbol.asyncDispose]();
      await pair.dispose();
    },
  };
}

/** Processes of the plugin, and of the program that watches it. */
export async function pluginsOf(pair: Pair) {
  return (await processesOf(pair)).filter(({ command }) => command.includes("session-manager-plugin"));
}

/** Waits until no process of the pair runs. */
export async function untilQuiet(pair: Pair): Promise<void> {
  await until(async () => (await processesOf(pair)).length === 0, 20);
}
