/**
 * Stand-ins for parts of AWS that no emulator has: tasks that register with the load balancer and with service discovery, and an
 * application behind the load balancer.
 */
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ServiceDiscoveryClient } from "@aws-sdk/client-servicediscovery";
import { sdk } from "@pilot-light/core/aws/sdk";
import { listen, type LoopbackServer } from "../loopback-server.ts";
import { clientOptions } from "./resources.ts";

const tasks = ["10.0.0.11", "10.0.0.12"];

/** Where the tasks register. */
export interface Where {
  /** Address of the emulator. */
  endpoint: string;
  region: string;
  project: string;
}

/** The services with only one task, because two tasks would write the same files. */
const single = ["prometheus", "grafana"];
const tasksOf = (name: string) => (single.some((each) => name.includes(each)) ? tasks.slice(0, 1) : tasks);

/** Registers the tasks with every target group and discovery service, as ECS does, as soon as these exist. Disposing of it ends it. */
export function startTasks({ endpoint, region, project }: Where): AsyncDisposable {
  const options = clientOptions(endpoint, region);
  const balancing = new (sdk.loadBalancing().ElasticLoadBalancingV2Client)(options);
  const discovery = new (sdk.serviceDiscovery().ServiceDiscoveryClient)(options);
  const end = new AbortController();
  const running = (async () => {
    while (!end.signal.aborted) {
      await registerTargets(project, balancing).catch(() => undefined);
      await registerInstances(project, discovery).catch(() => undefined);
      await sleep(1000, undefined, { signal: end.signal }).catch(() => undefined);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      end.abort();
      await running;
    },
  };
}

async function registerTargets(project: string, client: ElasticLoadBalancingV2Client): Promise<void> {
  const { DescribeTargetGroupsCommand, DescribeTargetHealthCommand, RegisterTargetsCommand } =
    sdk.loadBalancing();
  const { TargetGroups = [] } = await client.send(new DescribeTargetGroupsCommand({}));
  for (const { TargetGroupArn, TargetGroupName = "", Port = 80 } of TargetGroups) {
    if (!TargetGroupName.startsWith(`dev-${project}-`)) continue;
    const health = await client.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    if ((health.TargetHealthDescriptions ?? []).length > 0) continue;
    const Targets = tasksOf(TargetGroupName).map((Id) => ({ Id, Port }));
    await client.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
  }
}

async function registerInstances(project: string, client: ServiceDiscoveryClient): Promise<void> {
  const {
    GetServiceCommand,
    ListInstancesCommand,
    ListNamespacesCommand,
    ListServicesCommand,
    RegisterInstanceCommand,
  } = sdk.serviceDiscovery();
  const { Namespaces = [] } = await client.send(new ListNamespacesCommand({}));
  const namespace = Namespaces.find(({ Name }) => Name === `${project}.local`)?.Id;
  if (namespace === undefined) return;
  const { Services = [] } = await client.send(new ListServicesCommand({}));
  for (const { Id: ServiceId = "", Name = "" } of Services) {
    // Other environments on the same emulator have their own services, and the emulator ignores the filter NAMESPACE_ID.
    const { Service } = await client.send(new GetServiceCommand({ Id: ServiceId }));
    // Terraform names the namespace in the DNS settings, and the emulator returns it in the same field.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if ((Service?.NamespaceId ?? Service?.DnsConfig?.NamespaceId) !== namespace) continue;
    const { Instances = [] } = await client.send(new ListInstancesCommand({ ServiceId }));
    if (Instances.length > 0) continue;
    for (const address of tasksOf(Name)) {
      const Attributes = { AWS_INSTANCE_IPV4: address };
      await client.send(
        new RegisterInstanceCommand({ ServiceId, InstanceId: `task-${address}`, Attributes }),
      );
    }
  }
}

/** The application behind the load balancer, over HTTP, as in an environment without a domain. */
export async function startApplication(port?: number): Promise<LoopbackServer> {
  return await listen(
    createServer((_request, response) => response.writeHead(200).end("{}")),
    port,
  );
}
