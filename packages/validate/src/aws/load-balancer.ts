/** The application load balancer of the environment and its target groups. */
import type {
  LoadBalancer,
  TargetGroup,
  TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { sdk } from "@pilot-light/core/aws/sdk";
import { loadBalancerMissing } from "../errors.ts";

/** All load balancers of the region, page by page. */
export async function listLoadBalancers(aws: AwsClients, signal: AbortSignal): Promise<LoadBalancer[]> {
  const { paginateDescribeLoadBalancers } = sdk.loadBalancing();
  const found: LoadBalancer[] = [];
  const client = await aws.loadBalancing();
  for await (const page of paginateDescribeLoadBalancers({ client }, {}, { abortSignal: signal })) {
    found.push(...(page.LoadBalancers ?? []));
  }
  return found;
}

/**
 * The load balancer with a DNS name.
 * @throws OpsError LOAD_BALANCER_MISSING (aws)
 */
export async function findLoadBalancer(
  aws: AwsClients,
  dnsName: string,
  signal: AbortSignal,
): Promise<LoadBalancer> {
  const found = (await listLoadBalancers(aws, signal)).find(
    ({ DNSName = "" }) => DNSName.toLowerCase() === dnsName.toLowerCase(),
  );
  if (found !== undefined) return found;
  throw loadBalancerMissing({ dnsName });
}

export interface TargetGroupHealth {
  name: string;
  targets: readonly TargetHealthDescription[];
}

/** Health of every target behind a load balancer, by target group. */
export async function readTargetHealth(
  aws: AwsClients,
  loadBalancer: LoadBalancer,
  signal: AbortSignal,
): Promise<TargetGroupHealth[]> {
  const { DescribeTargetHealthCommand, paginateDescribeTargetGroups } = sdk.loadBalancing();
  const client = await aws.loadBalancing();
  const options = { abortSignal: signal };
  const groups: TargetGroup[] = [];
  const of = { LoadBalancerArn: loadBalancer.LoadBalancerArn };
  for await (const page of paginateDescribeTargetGroups({ client }, of, options)) {
    groups.push(...(page.TargetGroups ?? []));
  }
  return await Promise.all(
    groups.map(async ({ TargetGroupArn, TargetGroupName = "" }) => {
      const health = await client.send(new DescribeTargetHealthCommand({ TargetGroupArn }), options);
      return { name: TargetGroupName, targets: health.TargetHealthDescriptions ?? [] };
    }),
  );
}
