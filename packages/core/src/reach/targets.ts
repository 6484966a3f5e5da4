/** The instance or task through which Systems Manager reaches the database: one that exists, or a task for this command. */
import type { AwsClients } from "../aws/clients.ts";
import { awsError } from "../aws/errors.ts";
import { sdk } from "../aws/sdk.ts";
import { readVariable, type Environment } from "../config/env.ts";
import { readNumber } from "../config/numbers.ts";
import type { Outputs } from "../contract.ts";
import { startAccessTask, targetOf } from "./access-task.ts";
import { describeTasks, idOf, type TaskPlace } from "./owned-tasks.ts";

export type TargetOutputs = Pick<
  Outputs,
  | "ecs_cluster_name"
  | "backend_service_name"
  | "database_access_cluster_name"
  | "database_access_task_definition_arn"
  | "database_access_subnet_ids"
  | "database_access_security_group_id"
>;

/** A target. Disposing of it stops a task that was started for it. */
export interface SsmTarget extends AsyncDisposable {
  /** For StartSession. */
  target: string;
  /** What it is, for people: "task 4f2c... of dev-x-database-access". */
  name: string;
  /** When it ends by itself, in milliseconds since 1970. */
  endsAt?: number;
}

export interface TargetContext {
  aws: AwsClients;
  environment: Environment;
  signal: AbortSignal;
  warn: (text: string) => void;
  /** Called before a task is started, which takes its time. */
  onTask: (text: string) => void;
  /** Whether tasks of the backend may be used: not if the command stops the backend. */
  usesBackend: boolean;
}

const nothingToStop = { [Symbol.asyncDispose]: () => Promise.resolve() };

/** The configured target. */
export function configuredTarget(environment: Environment): string | undefined {
  return readVariable(environment, "PILOT_LIGHT_SSM_TARGET");
}

/** Where a task can be started; undefined if the outputs name no such place. */
export function taskPlace(outputs: TargetOutputs): TaskPlace | undefined {
  const {
    database_access_cluster_name: cluster,
    database_access_task_definition_arn: taskDefinition,
    database_access_subnet_ids: subnets,
    database_access_security_group_id: securityGroup,
  } = outputs;
  if (cluster === "" || taskDefinition === "" || subnets.length === 0) return undefined;
  return { cluster, taskDefinition, subnets, securityGroup };
}

/**
 * Finds a target, or starts one; undefined if there is none, and none can be started.
 * @throws OpsError ACCESS_TASK_FAILED (aws), or what AWS refuses
 */
export async function findTarget(
  outputs: TargetOutputs,
  context: TargetContext,
): Promise<SsmTarget | undefined> {
  const configured = configuredTarget(context.environment);
  if (configured !== undefined) {
    return { target: configured, name: `${configured} (PILOT_LIGHT_SSM_TARGET)`, ...nothingToStop };
  }
  const running = context.usesBackend ? await findBackendTask(outputs, context) : undefined;
  if (running !== undefined) return { ...running, ...nothingToStop };
  const place = taskPlace(outputs);
  if (place === undefined) return undefined;
  context.onTask(`starting a task in ${place.cluster}, which takes about half a minute`);
  const seconds = readNumber(context.environment, "PILOT_LIGHT_SSM_TASK_SECONDS");
  const task = await startAccessTask(place, seconds, context);
  return {
    target: task.target,
    name: `task ${task.id} of ${place.cluster}`,
    endsAt: task.endsAt,
    [Symbol.asyncDispose]: () => task[Symbol.asyncDispose](),
  };
}

/** A running task of the backend, the only service that may connect to the database, if it was started with ECS Exec. */
async function findBackendTask(
  { ecs_cluster_name: cluster, backend_service_name: service }: TargetOutputs,
  { aws, signal }: TargetContext,
): Promise<{ target: string; name: string } | undefined> {
  if (cluster === "" || service === "") return undefined;
  const { ListTasksCommand } = sdk.ecs();
  const client = await aws.ecs();
  const command = new ListTasksCommand({ cluster, serviceName: service, desiredStatus: "RUNNING" });
  const { taskArns = [] } = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
    throw awsError(error, `Cannot list the tasks of ${service}`);
  });
  for (const task of await describeTasks({ cluster }, taskArns, { aws }, signal)) {
    const target = targetOf(cluster, task);
    if (target !== undefined) return { target, name: `task ${idOf(task.taskArn ?? "")} of ${service}` };
  }
  return undefined;
}
