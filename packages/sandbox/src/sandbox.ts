/** Starts and stops a whole sandbox, and finds one that runs. The command line and the tests both use it. */
import { chmod, mkdir, readdir, rm, rmdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { defaultProjectName, resourceNames } from "@pilot-light/core/contract";
import type { Environment } from "@pilot-light/core/config/env";
import { isProcessAlive } from "@pilot-light/core/process";
import { serverAccount, type Account } from "./account.ts";
import { startFrontProcess, stopFrontProcess } from "./aws/front-control.ts";
import { findMoto, motoUrl, startMoto, stopMoto } from "./aws/moto.ts";
import { createBucket, createDatabaseInstance, createSecret } from "./aws/resources.ts";
import { createAuthority, issueCertificate, type KeyPair } from "./certificates.ts";
import { assertTerraform, createEmulatedMaster, deploy } from "./deployed.ts";
import { runningTasks } from "./deployed-variables.ts";
import { directoryNotEmpty, sandboxStarting } from "./errors.ts";
import { bypassRole, ownerRoles, sandboxPassword, sides, type Side } from "./names.ts";
import { writeOutputs } from "./outputs-file.ts";
import { planSandbox } from "./plan.ts";
import { adminLogin, startCluster, stopCluster } from "./postgres/cluster.ts";
import { asAdmin } from "./postgres/connect.ts";
import { findServer } from "./postgres/programs.ts";
import { roleStatements } from "./postgres/roles.ts";
import { createFromTemplate, loadTemplates, type Seed } from "./postgres/seeds.ts";
import { isUp, sandboxStatus } from "./status.ts";
import { readState, writeState, type SandboxState } from "./state.ts";

/** How to start a sandbox. */
export interface StartOptions {
  /** State directory: it must not exist, or be empty. */
  directory: string;
  environment: Environment;
  project?: string | undefined;
  /** The data of the neon database. Default: "app". */
  seed?: Seed | undefined;
  /** PostgreSQL major versions. Default: that of pg_dump. */
  majors?: Partial<Record<Side, number | undefined>> | undefined;
  /** How many running tasks the AWS emulator reports for each ECS service. */
  ecsServiceRunning?: number | undefined;
  /** Deploys an environment in pilot light on the emulator, ready to be activated. Its project is `sandbox`. */
  deployed?: boolean | undefined;
  /** Directory for the data of the servers, which their account can reach. Default: the state directory, or the temporary one. */
  clusterParent?: string | undefined;
  signal?: AbortSignal | undefined;
  log?: ((line: string) => void) | undefined;
}

/** A running sandbox. */
export interface Sandbox extends AsyncDisposable {
  state: SandboxState;
  /** False when it was already running. */
  started: boolean;
  /** Stops its servers and deletes its files. */
  stop(): Promise<void>;
}

/** A handle of a running sandbox, which this process or another one has started. */
export function connectSandbox(state: SandboxState, environment: Environment): Sandbox {
  const stop = () => stopSandbox(state, environment);
  return { state, started: false, stop, [Symbol.asyncDispose]: stop };
}

/**
 * Starts a sandbox, or finds the one that runs in the directory. A start first removes the files of a crashed sandbox. A start
 * that fails or is aborted removes everything that it created.
 * @throws OpsError DIRECTORY_NOT_EMPTY, SANDBOX_STARTING (precondition), TERRAFORM_MISSING (configuration); the errors of
 *   `findServer` and `findMoto`
 */
export async function startSandbox(options: StartOptions): Promise<Sandbox> {
  const { environment } = options;
  const directory = resolve(options.directory);
  const existing = await readState(directory);
  if (existing !== undefined) {
    if (isUp(existing, await sandboxStatus(existing, environment))) {
      return connectSandbox(existing, environment);
    }
    assertNotStarting(existing);
    options.log?.("removing the remains of an earlier sandbox");
    await stopSandbox(existing, environment);
  }
  const account = await serverAccount(environment);
  const moto = await findMoto(environment);
  const { deployed = false } = options;
  if (deployed) await assertTerraform(environment);
  // One after the other: both may need the same download.
  const servers = {
    neon: await findServer({ ...options, major: options.majors?.neon }),
    rds: await findServer({ ...options, major: options.majors?.rds }),
  };
  await prepareDirectory(directory, account);
  // Not the default project: the files in `cdktf.out` of a real environment with that name must not change.
  const { project = deployed ? "sandbox" : defaultProjectName, seed = "app" } = options;
  const state = await planSandbox({
    ...{ directory, account, project, seed, servers, deployed },
    clusterParent: options.clusterParent,
  }).catch(async (error: unknown) => {
    await rmdir(directory);
    throw error;
  });
  await writeState(state, "wx");
  try {
    const ready = await startParts(state, moto, account, options);
    await writeState(ready);
    return { ...connectSandbox(ready, environment), started: true };
  } catch (error) {
    await stopSandbox(state, environment);
    throw error;
  }
}

/** Checks that no other process starts a sandbox here: this start would remove its parts. */
function assertNotStarting(state: SandboxState): void {
  if (state.phase !== "starting" || state.starter === process.pid || !isProcessAlive(state.starter)) return;
  throw sandboxStarting({ directory: state.directory });
}

/** Creates the directory. It must contain nothing but the sandbox, because `down` deletes it completely. */
async function prepareDirectory(directory: string, account: Account | undefined): Promise<void> {
  await mkdir(directory, { recursive: true });
  if ((await readdir(directory)).length > 0) {
    throw directoryNotEmpty({ directory });
  }
  // The servers' account needs to pass through the directory to its data, and may read nothing else in it.
  await chmod(directory, account === undefined ? 0o700 : 0o711);
}

async function startParts(
  state: SandboxState,
  moto: string,
  account: Account | undefined,
  options: StartOptions,
): Promise<SandboxState> {
  await mkdir(state.clusterDirectory);
  await chmod(state.clusterDirectory, 0o711);
  const authority = await createAuthority();
  await writeFile(state.caFile, authority.cert);
  const begun = performance.now();
  const step = (text: string) =>
    options.log?.(`${text} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  let secretArn = "";
  await allOrFirstError([
    ...sides.map(async (side) => {
      await startSide(state, side, authority, account, options);
      step(
        `${side}: PostgreSQL ${state[side].major}, ${contents(state)[side]} data in ${state[side].database}`,
      );
    }),
    (async () => {
      const { deployment } = state;
      const { ecsServiceRunning = deployment === undefined ? undefined : runningTasks } = options;
      await startMoto(state.moto, { ...options, ecsServiceRunning, program: moto });
      if (deployment === undefined) secretArn = await createResources(state);
      else await startFrontProcess(state, deployment);
      step(`aws: moto_server at ${motoUrl(state.moto)}`);
    })(),
  ]);
  options.signal?.throwIfAborted();
  if (state.deployment !== undefined) {
    await deploy(state, options.signal);
    step("terraform: deployed the environment, in pilot light");
    return { ...state, phase: "ready" };
  }
  await writeOutputs(state.outputsFile, { project: state.project, database: state.rds.database, secretArn });
  return { ...state, phase: "ready", moto: { ...state.moto, secretArn } };
}

/** The data of the main database of each side. RDS has the data of some weeks ago, as it usually has before a sync. */
function contents(state: SandboxState): Record<Side, Seed> {
  return { neon: state.seed, rds: "stale" };
}

async function startSide(
  state: SandboxState,
  side: Side,
  authority: KeyPair,
  account: Account | undefined,
  { environment, signal }: StartOptions,
): Promise<void> {
  const cluster = state[side];
  const { adminPassword } = state;
  const certificate = await issueCertificate(authority, cluster.host);
  await startCluster(cluster, { account, certificate, adminPassword, environment });
  const admin = adminLogin(cluster, adminPassword);
  await asAdmin(admin, ...roleStatements[side]);
  for (const user of side === "rds" ? [ownerRoles.rds, bypassRole] : [ownerRoles.neon]) {
    signal?.throwIfAborted();
    await loadTemplates(admin, { port: cluster.port, user, password: sandboxPassword });
  }
  await createFromTemplate(admin, contents(state)[side], cluster.database, cluster.role);
  if (side === "rds" && state.deployment !== undefined) await createEmulatedMaster(state, cluster.role);
}

/** Returns the ARN of the database secret. */
async function createResources(state: SandboxState): Promise<string> {
  const endpoint = motoUrl(state.moto);
  const { project, rds } = state;
  const [secretArn] = await Promise.all([
    createSecret(endpoint, project, { username: rds.role, password: sandboxPassword }),
    createBucket(endpoint, resourceNames(project).backupsBucket),
    createDatabaseInstance(endpoint, project, { name: rds.database, masterUser: rds.role, major: rds.major }),
  ]);
  return secretArn;
}

/** Waits for all, even after one has failed: the clean-up must not begin while a part is created. */
async function allOrFirstError(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/** Stops the servers of a sandbox by their recorded ids and deletes its files. Skips parts that no longer exist. */
export async function stopSandbox(state: SandboxState, environment: Environment): Promise<void> {
  await Promise.all([
    ...sides.map((side) => stopCluster(state[side], environment)),
    stopMoto(state.moto, environment),
    stopFrontProcess(state, environment),
  ]);
  await rm(state.clusterDirectory, { recursive: true, force: true });
  await rm(state.directory, { recursive: true, force: true });
}
