/**
 * The backend service, which writes to the database: stopped before the last copy is taken, so that nothing is written after it. Looked
 * for under the name it has, not under that of the outputs: those are empty from the first second of a deactivation on.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { awsError, awsErrorName } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { clusterName, serviceName, type ResourceNames } from "@pilot-light/core/contract";
import { OpsError } from "@pilot-light/core/ops-error";
import { listServices } from "@pilot-light/validate/aws/services";

export interface Writers {
  /** Tasks that there should be, and that there are. */
  desired: number;
  running: number;
}

type Names = Pick<ResourceNames, "prefix">;

/** Cluster and name of the backend service. */
export function backendOf({ prefix }: Names): { cluster: string; service: string } {
  return { cluster: clusterName(prefix), service: serviceName(prefix, "backend") };
}

/** Whether anything may write. */
export function mayWrite(writers: Writers | undefined): boolean {
  return writers !== undefined && (writers.desired > 0 || writers.running > 0);
}

/** Milliseconds between two looks, and until it is too long. */
const pause = 3000;
const longestWait = 300_000;

/** The backend's tasks; undefined when AWS says that there is no such service, as in pilot light. */
export async function readWriters(
  aws: AwsClients,
  names: Names,
  signal: AbortSignal,
): Promise<Writers | undefined> {
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
    throw awsError(error, `Cannot look at the service ${name}`);
  }
}

/** Sets the number of the backend's tasks. */
export async function scaleWriters(
  aws: AwsClients,
  names: Names,
  desiredCount: number,
  signal?: AbortSignal,
): Promise<void> {
  const { UpdateServiceCommand } = sdk.ecs();
  const { cluster, service } = backendOf(names);
  const client = await aws.ecs();
  const options = signal === undefined ? {} : { abortSignal: signal };
  await client
    .send(new UpdateServiceCommand({ cluster, service, desiredCount }), options)
    .catch((error: unknown) => {
      throw awsError(error, `Cannot scale the service ${service} to ${desiredCount} tasks`);
    });
}

/**
 * Waits until no task of the backend runs.
 * @throws OpsError WRITERS_STILL_RUNNING (aws)
 */
export async function waitUntilStopped(aws: AwsClients, names: Names, signal: AbortSignal): Promise<void> {
  const end = Date.now() + longestWait;
  const { cluster, service } = backendOf(names);
  for (;;) {
    const writers = await readWriters(aws, names, signal);
    if (writers === undefined || writers.running === 0) return;
    if (Date.now() > end) {
      throw new OpsError(
        "aws",
        "WRITERS_STILL_RUNNING",
        `${writers.running} tasks of ${service} still run and may write to RDS.`,
        {
          hint: `Look at them:  ${awsCommand(aws, `ecs list-tasks --cluster ${cluster} --service-name ${service}`)}`,
        },
      );
    }
    await sleep(pause, undefined, { signal });
  }
}
