/** What a running sandbox is made of, as it is kept in `state.json` of its directory. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { z } from "zod";
import { seeds } from "./postgres/seeds.ts";

const clusterSchema = z.object({
  binDir: z.string(),
  major: z.number(),
  /** PGDATA. */
  dataDir: z.string(),
  logFile: z.string(),
  port: z.number(),
  /** The one host name in the server's certificate. */
  host: z.string(),
  /** The database that the sandbox's environment names, and the role that owns it. */
  database: z.string(),
  role: z.string(),
});

const deploymentSchema = z.object({
  /** Of the proxy before the emulator, and of the application behind the load balancer. */
  proxyPort: z.number(),
  applicationPort: z.number(),
  logFile: z.string(),
  pidFile: z.string(),
});

const stateSchema = z.object({
  version: z.literal(1),
  /** "starting" until everything answers. */
  phase: z.enum(["starting", "ready"]),
  /** Process that starts it. */
  starter: z.number(),
  directory: z.string(),
  /** Holds both clusters; elsewhere than `directory` when the server's account could not reach that. */
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
  /** With `--deployed`: what stands before the emulator. */
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
 * The state of the sandbox in a directory, undefined when there is none.
 * @throws OpsError STATE_UNREADABLE (configuration) when there is one that this version did not write.
 */
export async function readState(directory: string): Promise<SandboxState | undefined> {
  const file = stateFile(directory);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw unreadable(file, error);
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw unreadable(file, error);
  }
}

/**
 * Writes the state. It holds a password: only its owner may read it.
 * @param flag "wx" for the first time, so that of two starts at once only one gets on
 * @throws OpsError SANDBOX_STARTING (precondition) when another start was first
 */
export async function writeState(state: SandboxState, flag: "w" | "wx" = "w"): Promise<void> {
  try {
    await writeFile(stateFile(state.directory), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600, flag });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") {
      throw startingElsewhere(state.directory);
    }
    throw error;
  }
}

/** The error of a start while another one is under way. */
export function startingElsewhere(directory: string): OpsError {
  return new OpsError(
    "precondition",
    "SANDBOX_STARTING",
    `Another process is starting a sandbox in ${directory}.`,
    {
      hint: "Wait for it, or end it and run `pnpm sandbox down`.",
    },
  );
}

function unreadable(file: string, cause: unknown): OpsError {
  return new OpsError("configuration", "STATE_UNREADABLE", `Cannot read ${file}: ${messageOf(cause)}`, {
    hint: "Was it written by another version? Stop its servers, then remove the directory.",
    cause,
  });
}
