/** What the resources of the active mode cost while nobody uses them. */

/**
 * US dollars per month of 730 hours in us-east-1, without traffic (aws.amazon.com/vpc/pricing, /elasticloadbalancing/pricing,
 * /fargate/pricing, /efs/pricing, /route53/pricing; 2026).
 */
export const monthlyCosts = {
  natGateway: 32.85,
  publicAddress: 3.65,
  loadBalancer: 16.43,
  /** 0.25 vCPU and 0.5 GB, the smallest. */
  fargateTask: 9.01,
  fileSystemGigabyte: 0.3,
  namespace: 0.5,
  /** Billed by use only. */
  distribution: 0,
} as const satisfies Record<string, number>;

/** "$32.85 a month". */
export function formatCost(dollars: number): string {
  return `$${dollars.toFixed(2)} a month`;
}
