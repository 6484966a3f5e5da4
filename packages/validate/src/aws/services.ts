/** The ECS services of the environment, and why their last tasks stopped. */
import type { DesiredStatus, Service, Task } from "@aws-sdk/client-ecs";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { sdk } from "@pilot-light/core/aws/sdk";

/** Describes services by name; undefined for a service that does not exist. */
export async function listServices(
  aws: AwsClients,
  cluster: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Service | undefined>> {
  const { DescribeServicesCommand } = sdk.ecs();
  const ecs = await aws.ecs();
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [...names] }), {
    abortSignal: signal,
  });
  const byName = new Map(services.map((service) => [service.serviceName, service]));
  return new Map(names.map((name) => [name, byName.get(name)]));
}

/** The tasks of a service with a status, at most the first 100. */
export async function listTasks(
  aws: AwsClients,
  wanted: { cluster: string; serviceName: string; desiredStatus: DesiredStatus },
  signal: AbortSignal,
): Promise<Task[]> {
  const { DescribeTasksCommand, ListTasksCommand } = sdk.ecs();
  const ecs = await aws.ecs();
  const options = { abortSignal: signal };
  const { taskArns = [] } = await ecs.send(new ListTasksCommand(wanted), options);
  if (taskArns.length === 0) return [];
  const { cluster } = wanted;
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }), options);
  return tasks;
}

/** Why the last task of a service stopped; undefined when ECS no longer lists a stopped task. */
export async function lastStoppedReason(
  aws: AwsClients,
  cluster: string,
  serviceName: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const tasks = await listTasks(aws, { cluster, serviceName, desiredStatus: "STOPPED" }, signal);
  const [last] = tasks.sort((a, b) => Number(b.stoppedAt ?? 0) - Number(a.stoppedAt ?? 0));
  const container = last?.containers?.find(({ reason }) => reason !== undefined);
  return [last?.stoppedReason, container?.reason].filter(Boolean).join(": ") || undefined;
}
