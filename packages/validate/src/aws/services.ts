/** The ECS services of the environment, and why their last tasks stopped. */
import type { Service } from "@aws-sdk/client-ecs";
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

/** Why the last task of a service stopped; undefined when ECS no longer lists a stopped task. */
export async function lastStoppedReason(
  aws: AwsClients,
  cluster: string,
  serviceName: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { DescribeTasksCommand, ListTasksCommand } = sdk.ecs();
  const ecs = await aws.ecs();
  const options = { abortSignal: signal };
  const { taskArns = [] } = await ecs.send(
    new ListTasksCommand({ cluster, serviceName, desiredStatus: "STOPPED" }),
    options,
  );
  if (taskArns.length === 0) return undefined;
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }), options);
  const [last] = tasks.sort((a, b) => Number(b.stoppedAt ?? 0) - Number(a.stoppedAt ?? 0));
  const container = last?.containers?.find(({ reason }) => reason !== undefined);
  return [last?.stoppedReason, container?.reason].filter(Boolean).join(": ") || undefined;
}
