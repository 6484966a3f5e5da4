/** Chooses the ports, directories and names of a new sandbox. Creates nothing. */
import { randomBytes } from "node:crypto";
import { realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canReach, type Account } from "./account.ts";
import { tmpdirNotAccessible } from "./errors.ts";
import { bypassRole, databases, neonHost, ownerRoles, rdsHost, type Side } from "./names.ts";
import { freePort } from "./ports.ts";
import type { ServerPrograms } from "./postgres/embedded.ts";
import type { Seed } from "./postgres/seeds.ts";
import type { Cluster, SandboxState } from "./state.ts";

export interface PlanOptions {
  directory: string;
  /** The account that the servers run as; undefined for the caller's own. */
  account: Account | undefined;
  project: string;
  seed: Seed;
  servers: Record<Side, ServerPrograms>;
  /** Whether an environment will be deployed on the emulator. */
  deployed: boolean;
  clusterParent: string | undefined;
}

/**
 * The state of a sandbox that is about to start in an existing directory.
 * @throws OpsError TMPDIR_NOT_ACCESSIBLE (configuration)
 */
export async function planSandbox(options: PlanOptions): Promise<SandboxState> {
  const { directory, project, seed, servers } = options;
  const clusterDirectory = await chooseClusterDirectory(options);
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
    // Only a role with BYPASSRLS can verify a table with forced row-level security, and the awkward data has such a table.
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

/**
 * A directory that the servers' account can reach. The account cannot enter a checkout in a home directory of mode 0700.
 * @throws OpsError TMPDIR_NOT_ACCESSIBLE (configuration)
 */
async function chooseClusterDirectory({ directory, account, clusterParent }: PlanOptions): Promise<string> {
  const name = `pilot-light-sandbox-${randomBytes(6).toString("hex")}`;
  if (clusterParent !== undefined) return join(clusterParent, name);
  if (account === undefined || (await canReach(directory, account))) return join(directory, "clusters");
  const temporary = await realpath(tmpdir());
  if (!(await canReach(temporary, account))) throw tmpdirNotAccessible({ directory, temporary });
  return join(temporary, name);
}
