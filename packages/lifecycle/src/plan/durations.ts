/** How long AWS usually takes, from experience and rounded up, so that people know what to expect. No decision depends on it. */
import type { Change } from "../terraform/changes.ts";

interface Usual {
  /** Minutes. */
  create: number;
  destroy: number;
}

const usual: Readonly<Record<string, Usual>> = {
  aws_db_instance: { create: 8, destroy: 6 },
  aws_cloudfront_distribution: { create: 5, destroy: 6 },
  aws_lb: { create: 3, destroy: 1 },
  aws_nat_gateway: { create: 2, destroy: 1 },
  aws_ecs_service: { create: 2, destroy: 3 },
  aws_efs_mount_target: { create: 2, destroy: 1 },
  aws_service_discovery_private_dns_namespace: { create: 1, destroy: 1 },
};

/** Resources that wait for each other. Chains run in parallel. */
const chains = [
  ["aws_db_instance"],
  ["aws_lb", "aws_cloudfront_distribution"],
  ["aws_lb", "aws_ecs_service"],
  ["aws_nat_gateway", "aws_ecs_service"],
  ["aws_efs_mount_target", "aws_ecs_service"],
] as const;

/** Minutes for all quick resources, and for Terraform itself. */
const rest = 1;

/** Minutes that a resource usually takes; undefined for a quick one. */
export function usualMinutes(type: string, action: string): number | undefined {
  const known = usual[type];
  if (known === undefined) return undefined;
  if (action === "create") return known.create;
  return action === "delete" || action === "destroy" ? known.destroy : undefined;
}

/** Minutes that all changes take together. */
export function estimateMinutes(changes: readonly Change[]): number {
  if (changes.length === 0) return 0;
  const minutes = (type: string) => {
    const actions = new Set(changes.filter((change) => change.type === type).map(({ action }) => action));
    const each = [...actions].map((action) =>
      action === "replace"
        ? (usualMinutes(type, "create") ?? 0) + (usualMinutes(type, "destroy") ?? 0)
        : (usualMinutes(type, action) ?? 0),
    );
    return Math.max(0, ...each);
  };
  const sums = chains.map((chain) => chain.reduce((sum, type) => sum + minutes(type), 0));
  return Math.max(...sums) + rest;
}
