/** The backend service, which writes to the database: stopped before the last copy is taken, so that nothing is written after it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { awsError, awsErrorName } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import type { Outputs } from "@pilot-light/core/contract";
import { OpsError } from "@pilot-light/core/errors";
import { listServices } from "@pilot-light/validate/aws/services";

export interface Writers {
  /** Tasks that there should be, and that there are. */
  desired: number;
  running: number;
}

type Where = Pick<Outputs, "ecs_cluster_name" | "backend_service_name">;

/** Milliseconds between two looks, and until it is too long. */
const pause = 3000;
const longestWait = 300_000;

/** The backend's tasks; undefined when there is no such service, as in pilot light. */
export async function readWriters(
  aws: AwsClients,
  where: Where,
  signal: AbortSignal,
): Promise<Writers | undefined> {
  const { ecs_cluster_name: cluster, backend_service_name: name } = where;
  if (cluster === "" || name === "") return undefined;
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
  where: Where,
  desiredCount: number,
  signal?: AbortSignal,
): Promise<void> {
  const { UpdateServiceCommand } = sdk.ecs();
  const { ecs_cluster_name: cluster, backend_service_name: service } = where;
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
export async function waitUntilStopped(aws: AwsClients, where: Where, signal: AbortSignal): Promise<void> {
  const end = Date.now() + longestWait;
  for (;;) {
    const writers = await readWriters(aws, where, signal);
    if (writers === undefined || writers.running === 0) return;
    if (Date.now() > end) {
      throw new OpsError(
        "aws",
        "WRITERS_STILL_RUNNING",
        `${writers.running} tasks of ${where.backend_service_name} still run and may write to RDS.`,
        {
          hint: `Look at them:  ${awsCommand(aws, `ecs list-tasks --cluster ${where.ecs_cluster_name} --service-name ${where.backend_service_name}`)}`,
        },
      );
    }
    await sleep(pause, undefined, { signal });
  }
}
