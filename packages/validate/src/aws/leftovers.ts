/** Finds resources of the active mode, by the names and tags that infra gives them. */
import type { Tag } from "@aws-sdk/client-ec2";
import { environmentName } from "@pilot-light/core/contract";
import type { CheckContext } from "../check.ts";
import { monthlyCosts } from "../costs.ts";
import { listLoadBalancers } from "./load-balancer.ts";
import { sdk } from "@pilot-light/core/aws/sdk";

export interface Leftover {
  /** "NAT gateway nat-0123". */
  name: string;
  dollars: number;
}

/** Every resource of the active mode that still exists. */
export async function findLeftovers(context: CheckContext, vpcId: string): Promise<Leftover[]> {
  const found = await Promise.all([
    natGateways(context, vpcId),
    addresses(context),
    loadBalancers(context, vpcId),
    cluster(context),
    distributions(context),
    namespaces(context),
    fileSystems(context),
  ]);
  return found.flat();
}

async function natGateways({ aws, signal }: CheckContext, vpcId: string): Promise<Leftover[]> {
  const { DescribeNatGatewaysCommand } = sdk.ec2();
  const ec2 = await aws.ec2();
  const Filter = [
    { Name: "vpc-id", Values: [vpcId] },
    { Name: "state", Values: ["pending", "available"] },
  ];
  const { NatGateways = [] } = await ec2.send(new DescribeNatGatewaysCommand({ Filter }), {
    abortSignal: signal,
  });
  return NatGateways.map(({ NatGatewayId = "" }) => ({
    name: `NAT gateway ${NatGatewayId}`,
    dollars: monthlyCosts.natGateway,
  }));
}

async function addresses(context: CheckContext): Promise<Leftover[]> {
  const { DescribeAddressesCommand } = sdk.ec2();
  const ec2 = await context.aws.ec2();
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}), {
    abortSignal: context.signal,
  });
  return Addresses.filter(({ Tags = [] }) => isOurs(Tags, context)).map(({ PublicIp = "" }) => ({
    name: `public address ${PublicIp}`,
    dollars: monthlyCosts.publicAddress,
  }));
}

async function loadBalancers({ aws, signal }: CheckContext, vpcId: string): Promise<Leftover[]> {
  const found = await listLoadBalancers(aws, signal);
  return found
    .filter(({ VpcId }) => VpcId === vpcId)
    .map(({ LoadBalancerName = "" }) => ({
      name: `load balancer ${LoadBalancerName}`,
      dollars: monthlyCosts.loadBalancer,
    }));
}

async function cluster({ aws, names, signal }: CheckContext): Promise<Leftover[]> {
  const { DescribeClustersCommand } = sdk.ecs();
  const ecs = await aws.ecs();
  const name = `${names.prefix}-cluster`;
  const { clusters = [] } = await ecs.send(new DescribeClustersCommand({ clusters: [name] }), {
    abortSignal: signal,
  });
  return clusters
    .filter(({ status }) => status !== "INACTIVE")
    .map(({ runningTasksCount = 0 }) => ({
      name: `ECS cluster ${name} with ${runningTasksCount} running tasks`,
      dollars: runningTasksCount * monthlyCosts.fargateTask,
    }));
}

async function distributions({ aws, names, signal }: CheckContext): Promise<Leftover[]> {
  const { paginateListDistributions } = sdk.cloudFront();
  const client = await aws.cloudFront();
  const found: Leftover[] = [];
  for await (const page of paginateListDistributions({ client }, {}, { abortSignal: signal })) {
    for (const { Id = "", Origins } of page.DistributionList?.Items ?? []) {
      const origins = Origins?.Items ?? [];
      const ours = origins.some(({ DomainName = "" }) => DomainName.startsWith(`${names.prefix}-alb-`));
      if (ours) found.push({ name: `CloudFront distribution ${Id}`, dollars: monthlyCosts.distribution });
    }
  }
  return found;
}

async function namespaces({ aws, names, signal }: CheckContext): Promise<Leftover[]> {
  const { paginateListNamespaces } = sdk.serviceDiscovery();
  const client = await aws.serviceDiscovery();
  const found: Leftover[] = [];
  for await (const page of paginateListNamespaces({ client }, {}, { abortSignal: signal })) {
    for (const { Name = "" } of page.Namespaces ?? []) {
      if (Name !== names.serviceDiscoveryNamespace) continue;
      found.push({ name: `Cloud Map namespace ${Name}`, dollars: monthlyCosts.namespace });
    }
  }
  return found;
}

async function fileSystems(context: CheckContext): Promise<Leftover[]> {
  const { paginateDescribeFileSystems } = sdk.efs();
  const client = await context.aws.efs();
  const found: Leftover[] = [];
  for await (const page of paginateDescribeFileSystems({ client }, {}, { abortSignal: context.signal })) {
    for (const { FileSystemId = "", SizeInBytes, Tags = [] } of page.FileSystems ?? []) {
      if (!isOurs(Tags, context)) continue;
      const gigabytes = (SizeInBytes?.Value ?? 0) / 1024 ** 3;
      found.push({
        name: `file system ${FileSystemId}`,
        dollars: gigabytes * monthlyCosts.fileSystemGigabyte,
      });
    }
  }
  return found;
}

/** Whether infra has tagged a resource as a part of this environment. */
function isOurs(tags: readonly Pick<Tag, "Key" | "Value">[], { project }: CheckContext): boolean {
  const has = (key: string, value: string) => tags.some((tag) => tag.Key === key && tag.Value === value);
  return has("Project", project) && has("Environment", environmentName);
}
