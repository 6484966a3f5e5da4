/** What a running sandbox consists of, as `state.json` in its directory stores it. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "@pilot-light/core/ops-error";
import { z } from "zod";
import { sandboxStarting, stateUnreadable } from "./errors.ts";
import { seeds } from "./postgres/seeds.ts";

const clusterSchema = z.object({
  binDir: z.string(),
  major: z.number(),
  /** PGDATA. */
  dataDir: z.string(),
  logFile: z.string(),
  port: z.number(),
  /** The only host name in the server's certificate. */
  host: z.string(),
  /** The database that the sandbox's variables name, and the role that owns it. */
  database: z.string(),
  role: z.string(),
});

const deploymentSchema = z.object({
  /** Port of the proxy before the emulator, and of the application behind the load balancer. */
  proxyPort: z.number(),
  applicationPort: z.number(),
  logFile: z.string(),
  pidFile: z.string(),
});

const stateSchema = z.object({
  version: z.literal(1),
  /** "starting" until everything answers. */
  phase: z.enum(["starting", "ready"]),
  /** Id of the process that starts the sandbox. */
  starter: z.number(),
  directory: z.string(),
  /** Contains both clusters. It is outside of `directory` when the servers' account cannot reach that. */
  clusterDirectory: z.string(),
  project: z.string(),
  seed: z.enum(seeds),
  /** Password of the superuser on both clusters. */
  adminPassword: z.string(),
  caFile: z.string(),
  outputsFile: z.string(),
  neon: clusterSchema,
  rds: clusterSchema,
  moto: z.object({ port: z.number(), logFile: z.string(), pidFile: z.string(), secretArn: z.string() }),
  /** With `--deployed`: the front of the emulator. */
  deployment: deploymentSchema.optional(),
});

/** One PostgreSQL server of the sandbox. */
export type Cluster = z.infer<typeof clusterSchema>;
export type Deployment = z.infer<typeof deploymentSchema>;
/** A whole sandbox; plain data, so that it can be passed to another process. */
export type SandboxState = z.infer<typeof stateSchema>;

function stateFile(directory: string): string {
  return join(directory, "state.json");
}

/**
 * The state of the sandbox in a directory; undefined when there is no sandbox.
 * @throws OpsError STATE_UNREADABLE (configuration) when another version wrote the state.
 */
export async function readState(directory: string): Promise<SandboxState | undefined> {
  const file = stateFile(directory);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw stateUnreadable({ file, reason: messageOf(error) }, { cause: error });
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw stateUnreadable({ file, reason: messageOf(error) }, { cause: error });
  }
}

/**
 * Writes the state. It contains a password, so that only its owner may read it.
 * @param flag "wx" for the first time: of two starts at the same time only one continues
 * @throws OpsError SANDBOX_STARTING (precondition) when another start was first
 */
export async function writeState(state: SandboxState, flag: "w" | "wx" = "w"): Promise<void> {
  try {
    await writeFile(stateFile(state.directory), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600, flag });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") {
      throw sandboxStarting({ directory: state.directory }, { cause: error });
    }
    throw error;
  }
}
