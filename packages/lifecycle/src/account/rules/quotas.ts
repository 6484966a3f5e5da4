/** The quotas of the region have room for what a deployment will create: one entry for each quota. Service Quotas defines the codes. */
import { awsErrorName } from "@pilot-light/core/aws/errors";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { sdk } from "@pilot-light/core/aws/sdk";
import type { Action } from "@pilot-light/core/aws/actions";
import { failure, warning, type Finding } from "@pilot-light/validate/check";
import type { AccountContext, AccountRule } from "../rule.ts";
import type { Wanted } from "../wanted.ts";

interface QuotaRule {
  id: string;
  title: string;
  noun: string;
  service: string;
  code: string;
  /** The quota of a new account (docs.aws.amazon.com/general/latest/gr/aws-service-information.html). */
  usual: number;
  actions: readonly Action[];
  needed: (wanted: Wanted) => number;
  /** How many exist. Undefined if AWS has no call that counts them. */
  used?: (context: AccountContext, wanted: Wanted) => Promise<number>;
}

const quotas: readonly QuotaRule[] = [
  {
    id: "vpc-quota",
    title: "The region has room for the VPC",
    noun: "VPCs",
    ...{ service: "vpc", code: "L-F678F1CE", usual: 5 },
    actions: ["ec2:DescribeVpcs"],
    needed: ({ vpcs }) => vpcs,
    async used({ aws, signal }) {
      const { paginateDescribeVpcs } = sdk.ec2();
      const pages = paginateDescribeVpcs({ client: await aws.ec2() }, {}, { abortSignal: signal });
      return await countOf(pages, ({ Vpcs }) => Vpcs);
    },
  },
  {
    id: "address-quota",
    title: "The region has Elastic IP addresses for the NAT gateways",
    noun: "Elastic IP addresses",
    ...{ service: "ec2", code: "L-0263D0A3", usual: 5 },
    actions: ["ec2:DescribeAddresses"],
    needed: ({ addresses }) => addresses,
    async used({ aws, signal }) {
      const { DescribeAddressesCommand } = sdk.ec2();
      const client = await aws.ec2();
      const { Addresses = [] } = await client.send(new DescribeAddressesCommand({}), { abortSignal: signal });
      return Addresses.length;
    },
  },
  {
    id: "nat-gateway-quota",
    title: "The availability zones have room for the NAT gateways",
    noun: "NAT gateways in a zone",
    ...{ service: "vpc", code: "L-FE5A380F", usual: 5 },
    actions: ["ec2:DescribeNatGateways", "ec2:DescribeSubnets"],
    // One in each zone.
    needed: ({ natGateways }) => Math.min(1, natGateways),
    used: gatewaysInFullestZone,
  },
  {
    id: "load-balancer-quota",
    title: "The region has room for the load balancer",
    noun: "application load balancers",
    ...{ service: "elasticloadbalancing", code: "L-53DA6B97", usual: 50 },
    actions: ["elasticloadbalancing:DescribeLoadBalancers"],
    needed: ({ loadBalancers }) => loadBalancers,
    async used({ aws, signal }) {
      const { paginateDescribeLoadBalancers } = sdk.loadBalancing();
      const client = await aws.loadBalancing();
      const pages = paginateDescribeLoadBalancers({ client }, {}, { abortSignal: signal });
      return await countOf(pages, ({ LoadBalancers }) =>
        LoadBalancers?.filter(({ Type }) => Type === "application"),
      );
    },
  },
  {
    id: "fargate-quota",
    title: "The region has vCPUs of Fargate for the tasks",
    noun: "vCPUs of Fargate",
    ...{ service: "fargate", code: "L-3032A538", usual: 6 },
    actions: [],
    needed: ({ cpus }) => cpus.FARGATE,
  },
  {
    id: "fargate-spot-quota",
    title: "The region has vCPUs of Fargate Spot for the tasks",
    noun: "vCPUs of Fargate Spot",
    ...{ service: "fargate", code: "L-36FBB829", usual: 6 },
    actions: [],
    needed: ({ cpus }) => cpus.FARGATE_SPOT,
  },
];

export const quotaRules: readonly AccountRule[] = quotas.map((quota) => ({
  id: quota.id,
  title: quota.title,
  actions: [...quota.actions, "servicequotas:GetServiceQuota"],
  concerns: (wanted) => quota.needed(wanted) > 0,
  async ask(context, wanted) {
    const [limit, used] = await Promise.all([readQuota(context, quota), quota.used?.(context, wanted)]);
    return compareWithQuota(context.aws, quota, { limit, used, needed: quota.needed(wanted) });
  },
}));

/** The quota of the account; undefined if the account has no value, or may not read it. */
async function readQuota(
  { aws, signal }: AccountContext,
  { service, code }: QuotaRule,
): Promise<number | undefined> {
  const { GetServiceQuotaCommand } = sdk.serviceQuotas();
  const client = await aws.serviceQuotas();
  const command = new GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: code });
  try {
    const { Quota } = await client.send(command, { abortSignal: signal });
    return Quota?.Value;
  } catch (error) {
    if (["NoSuchResourceException", "AccessDeniedException"].includes(awsErrorName(error))) return undefined;
    throw error;
  }
}

/** If the quota could not be read, the result is a warning and never a failure. */
function compareWithQuota(
  aws: Pick<AccountContext["aws"], "region">,
  { noun, service, code, usual }: QuotaRule,
  { limit, used, needed }: { limit: number | undefined; used: number | undefined; needed: number },
): Finding {
  const value = limit ?? usual;
  const source = limit === undefined ? " (the usual quota; the account's own could not be read)" : "";
  const count = used === undefined ? `${value} ${noun} in all` : `${used} of ${value} ${noun} in use`;
  const summary = `${count}${source}`;
  const missing = (used ?? 0) + needed - value;
  if (missing <= 0) return { summary };
  const request = `service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${value + Math.ceil(missing)}`;
  const fix = {
    text: "Delete resources that nobody uses, or ask AWS for a higher quota",
    command: awsCommand(aws, request),
  };
  const problem = `the deployment needs ${needed} ${noun}, and only ${Math.max(0, value - (used ?? 0))} can be created`;
  return { summary, problems: [(limit === undefined ? warning : failure)(problem, fix)] };
}

async function countOf<T>(pages: AsyncIterable<T>, of: (page: T) => readonly unknown[] | undefined) {
  let count = 0;
  for await (const page of pages) count += of(page)?.length ?? 0;
  return count;
}

/** The number of NAT gateways in the zone that has the most of them, among the zones of the deployment. */
async function gatewaysInFullestZone({ aws, signal }: AccountContext, { zones }: Wanted): Promise<number> {
  const { DescribeSubnetsCommand, paginateDescribeNatGateways } = sdk.ec2();
  const client = await aws.ec2();
  const Filter = [{ Name: "state", Values: ["pending", "available"] }];
  const subnets: string[] = [];
  const pages = paginateDescribeNatGateways({ client }, { Filter }, { abortSignal: signal });
  for await (const { NatGateways = [] } of pages) {
    subnets.push(...NatGateways.flatMap(({ SubnetId }) => SubnetId ?? []));
  }
  if (subnets.length === 0) return 0;
  const SubnetIds = [...new Set(subnets)];
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({ SubnetIds }), {
    abortSignal: signal,
  });
  const zoneOf = new Map(Subnets.map(({ SubnetId, AvailabilityZone }) => [SubnetId, AvailabilityZone]));
  return Math.max(0, ...zones.map((zone) => subnets.filter((subnet) => zoneOf.get(subnet) === zone).length));
}
