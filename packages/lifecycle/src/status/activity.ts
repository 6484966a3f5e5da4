/** How long the environment has been active, and what that has cost. */
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsError } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { hoursOfAMonth } from "@pilot-light/core/prices";
import type { Costs } from "../plan/costs.ts";

export interface Activity {
  /** ISO 8601. */
  since: string;
  /** USD, by the list prices of the present resources; null if these are unknown. */
  costUsd: number | null;
  deactivateAt: string | null;
}

/**
 * When AWS created the oldest NAT gateway of the VPC. Gateways exist in active mode only, and no deployment
 * replaces them. Undefined without one.
 * @throws OpsError AWS_... (aws)
 */
export async function activeSince(
  aws: AwsClients,
  vpcId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { DescribeNatGatewaysCommand } = sdk.ec2();
  const Filter = [
    { Name: "vpc-id", Values: [vpcId] },
    { Name: "state", Values: ["pending", "available"] },
  ];
  const client = await aws.ec2();
  const { NatGateways = [] } = await client
    .send(new DescribeNatGatewaysCommand({ Filter }), { abortSignal: signal })
    .catch((error: unknown) => {
      throw awsError(error, "Cannot list the NAT gateways");
    });
  const times = NatGateways.flatMap(({ CreateTime }) =>
    CreateTime === undefined ? [] : [CreateTime.getTime()],
  );
  return times.length === 0 ? undefined : new Date(Math.min(...times)).toISOString();
}

/** USD, rounded to cents. */
export function costSince(since: string, { totalUsd }: Pick<Costs, "totalUsd">, now: Date): number {
  const hours = Math.max(0, now.getTime() - Date.parse(since)) / 3_600_000;
  return Number(((totalUsd / hoursOfAMonth) * hours).toFixed(2));
}
