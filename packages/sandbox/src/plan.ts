/** Decides what a new sandbox will be made of: ports, directories, names. Makes nothing. */
import { randomBytes } from "node:crypto";
import { realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OpsError } from "@pilot-light/core/ops-error";
import { canReach, type Account } from "./account.ts";
import { bypassRole, databases, neonHost, ownerRoles, rdsHost, type Side } from "./names.ts";
import { freePort } from "./ports.ts";
import type { ServerPrograms } from "./postgres/embedded.ts";
import type { Seed } from "./postgres/seeds.ts";
import type { Cluster, SandboxState } from "./state.ts";

export interface PlanOptions {
  directory: string;
  /** The account that the servers run as, where it is not the caller's. */
  account: Account | undefined;
  project: string;
  seed: Seed;
  servers: Record<Side, ServerPrograms>;
  /** Whether an environment will be deployed on the emulator. */
  deployed: boolean;
}

/**
 * The state of a sandbox that is about to start in an existing directory.
 * @throws OpsError TMPDIR_CLOSED (configuration)
 */
export async function planSandbox(options: PlanOptions): Promise<SandboxState> {
  const { directory, project, seed, servers } = options;
  const clusterDirectory = await chooseClusterDirectory(directory, options.account);
  const cluster = async (
    side: Side,
    host: string,
    role: string,
  ): Promise<Omit<Cluster, "binDir" | "major">> => ({
    dataDir: join(clusterDirectory, side, "data"),
    logFile: join(clusterDirectory, side, "server.log"),
    port: await freePort(),
    host,
    database: databases[side],
    role,
  });
  return {
    version: 1,
    phase: "starting",
    starter: process.pid,
    directory,
    clusterDirectory,
    project,
    seed,
    adminPassword: randomBytes(16).toString("hex"),
    caFile: join(directory, "ca.pem"),
    outputsFile: join(directory, "outputs.json"),
    neon: { ...servers.neon, ...(await cluster("neon", neonHost, ownerRoles.neon)) },
    // A table with forced row-level security can be verified by nobody without BYPASSRLS, and the awkward data has one.
    rds: {
      ...servers.rds,
      ...(await cluster("rds", rdsHost(project), seed === "awkward" ? bypassRole : ownerRoles.rds)),
    },
    moto: {
      port: await freePort(),
      logFile: join(directory, "moto.log"),
      pidFile: join(directory, "moto.pid"),
      secretArn: "",
    },
    ...(options.deployed
      ? {
          deployment: {
            proxyPort: await freePort(),
            applicationPort: await freePort(),
            logFile: join(directory, "front.log"),
            pidFile: join(directory, "front.pid"),
          },
        }
      : {}),
  };
}

/** A directory that the servers' account can reach: a checkout below a home directory of mode 0700 is closed to it. */
async function chooseClusterDirectory(directory: string, account: Account | undefined): Promise<string> {
  if (account === undefined || (await canReach(directory, account))) return join(directory, "clusters");
  const temporary = await realpath(tmpdir());
  if (!(await canReach(temporary, account))) {
    const message = `PostgreSQL does not run as root, and its account can reach neither ${directory} nor ${temporary}.`;
    throw new OpsError("configuration", "TMPDIR_CLOSED", message, {
      hint: "Name a directory that others may pass through: TMPDIR=/tmp pnpm sandbox up",
    });
  }
  return join(temporary, `pilot-light-sandbox-${randomBytes(6).toString("hex")}`);
}
