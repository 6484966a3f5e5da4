/**
 * The backend service, which writes to the database. A deactivation stops it before the last copy, so that no row is written after it.
 * Its name is derived, not read from the outputs: Terraform empties those as soon as a deactivation begins.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { awsError, awsErrorName } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import type { Environment } from "@pilot-light/core/config/env";
import { readNumber } from "@pilot-light/core/config/numbers";
import { clusterName, serviceName, type ResourceNames } from "@pilot-light/core/contract";
import { listServices } from "@pilot-light/validate/aws/services";
import { writersStillRunning } from "../errors.ts";

/** Numbers of tasks. */
export interface BackendTasks {
  desired: number;
  /** Tasks that run or start. */
  running: number;
}

type Names = Pick<ResourceNames, "prefix">;

/** Cluster and name of the backend service. */
export function backendOf({ prefix }: Names): { cluster: string; service: string } {
  return { cluster: clusterName(prefix), service: serviceName(prefix, "backend") };
}

/** Whether the backend may write to the database. */
export function mayWrite(tasks: BackendTasks | undefined): boolean {
  return tasks !== undefined && (tasks.desired > 0 || tasks.running > 0);
}

const pauseMs = 3000;

/** The tasks of the backend; undefined when the service does not exist, as in pilot light. */
export async function readBackend(
  aws: AwsClients,
  names: Names,
  signal: AbortSignal,
): Promise<BackendTasks | undefined> {
  const { cluster, service: name } = backendOf(names);
  try {
    const service = (await listServices(aws, cluster, [name], signal)).get(name);
    if (service === undefined || service.status === "INACTIVE") return undefined;
    return {
      desired: service.desiredCount ?? 0,
      running: (service.runningCount ?? 0) + (service.pendingCount ?? 0),
    };
  } catch (error) {
    if (awsErrorName(error) === "ClusterNotFoundException") return undefined;
    throw awsError(error, `Cannot read the service ${name}`);
  }
}

/** Sets the number of tasks of the backend. */
export async function scaleBackend(
  aws: AwsClients,
  names: Names,
  desiredCount: number,
  signal: AbortSignal,
): Promise<void> {
  const { UpdateServiceCommand } = sdk.ecs();
  const { cluster, service } = backendOf(names);
  const client = await aws.ecs();
  await client
    .send(new UpdateServiceCommand({ cluster, service, desiredCount }), { abortSignal: signal })
    .catch((error: unknown) => {
      throw awsError(error, `Cannot scale the service ${service} to ${desiredCount} tasks`);
    });
}

/**
 * Waits until the backend has no running task, at most PILOT_LIGHT_BACKEND_STOP_SECONDS.
 * @throws OpsError WRITERS_STILL_RUNNING (aws)
 */
export async function waitUntilBackendStopped(
  aws: AwsClients,
  names: Names,
  environment: Environment,
  signal: AbortSignal,
): Promise<void> {
  const end = Date.now() + readNumber(environment, "PILOT_LIGHT_BACKEND_STOP_SECONDS") * 1000;
  const { cluster, service } = backendOf(names);
  for (;;) {
    const tasks = await readBackend(aws, names, signal);
    if (tasks === undefined || tasks.running === 0) return;
    if (Date.now() > end) {
      const listCommand = awsCommand(aws, `ecs list-tasks --cluster ${cluster} --service-name ${service}`);
      throw writersStillRunning({ tasks: tasks.running, service, listCommand });
    }
    await sleep(pauseMs, undefined, { signal });
  }
}
