/** What the resources of the active mode cost without traffic. */
import { monthly, unitPrices } from "@pilot-light/core/prices";

/** US dollars per month in us-east-1, without traffic. */
export const monthlyCosts = {
  natGateway: monthly(unitPrices.natGateway),
  publicAddress: monthly(unitPrices.publicAddress),
  loadBalancer: monthly(unitPrices.loadBalancer),
  /** 0.25 vCPU and 0.5 GB, the smallest. */
  fargateTask: 0.25 * monthly(unitPrices.fargateCpu) + 0.5 * monthly(unitPrices.fargateGigabyte),
  fileSystemGigabyte: monthly(unitPrices.fileSystemGigabyte),
  namespace: monthly(unitPrices.privateZone),
  /** Billed by use only. */
  distribution: monthly(unitPrices.distribution),
} as const satisfies Record<string, number>;

/** "$32.85 a month". */
export function formatCost(dollars: number): string {
  return `$${dollars.toFixed(2)} a month`;
}
