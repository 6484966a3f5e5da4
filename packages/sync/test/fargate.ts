/** A pair of databases that only tasks inside the emulated AWS reach: this machine has neither the URL of Neon nor a route to RDS. */
import { SessionManager, type SessionManagerOptions } from "@pilot-light/sandbox/aws/session-manager";
import {
  createNeonSecret,
  pushSyncImage,
  runSyncTask,
  type SyncTasksOptions,
} from "@pilot-light/sandbox/aws/sync-tasks";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { sync } from "./support.ts";
import { outputsFile } from "./untouched.ts";

export interface FargatePair extends AsyncDisposable {
  pair: Pair;
  manager: SessionManager;
  neonUrl: string;
  /** For `sync`. */
  env: Record<string, string | undefined>;
  /** The address of AWS for the tasks that are started from now on. */
  useEndpoint: (url: string) => void;
}

export interface FargateOptions extends Pick<SessionManagerOptions, "starts"> {
  /** The value of the secret. Default: the URL of the pair. "" for none. */
  storedUrl?: (url: string) => string;
  hasImage?: boolean;
}

/** Creates the pair. */
export async function fargatePair(options: FargateOptions = {}): Promise<FargatePair> {
  const { starts, storedUrl = (url: string) => url, hasImage = true } = options;
  const sandbox = testSandbox();
  const pair = await createPair(sandbox, { neon: "app", rds: "stale" });
  const { NEON_DATABASE_URL: neonUrl = "", RDS_HOSTADDR = "", RDS_SSLROOTCERT = "", ...others } = pair.env;
  const endpoint = others.AWS_ENDPOINT_URL ?? "";
  const names = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_EC2_METADATA_DISABLED",
    "PATH",
    "HOME",
    "TMPDIR",
  ];
  const platform: Record<string, string> & { AWS_ENDPOINT_URL: string } = {
    ...Object.fromEntries(names.map((name) => [name, others[name] ?? ""] as const)),
    AWS_ENDPOINT_URL: endpoint,
    PILOT_LIGHT_VIA: "address",
    RDS_HOSTADDR,
    RDS_SSLROOTCERT,
  };
  const tasks: SyncTasksOptions = { endpoint, project: pair.project, platform };
  const manager = await SessionManager.start({
    endpoint,
    databasePort: sandbox.state.rds.port,
    ...(starts === undefined ? {} : { starts }),
    runs: async (task) => await runSyncTask(tasks, task),
  });
  const secret = await createNeonSecret(tasks);
  if (hasImage) await pushSyncImage(tasks);
  const file = await outputsFile(pair, (outputs) => ({ ...outputs, neon_url_secret_arn: secret }));
  const env = {
    AWS_ENDPOINT_URL: manager.url,
    PILOT_LIGHT_OUTPUTS_FILE: file,
    NEON_DATABASE_URL: undefined,
    RDS_HOSTADDR: undefined,
    RDS_SSLROOTCERT: undefined,
  };
  const url = storedUrl(neonUrl);
  if (url !== "") {
    const stored = await sync(pair, ["store-neon-url"], { env, input: url });
    if (stored.exitCode !== 0) throw new Error(stored.stderr);
  }
  return {
    ...{ pair, manager, neonUrl, env },
    useEndpoint: (url) => {
      platform.AWS_ENDPOINT_URL = url;
    },
    [Symbol.asyncDispose]: async () => {
      await manager[Symbol.asyncDispose]();
      await pair.dispose();
    },
  };
}
