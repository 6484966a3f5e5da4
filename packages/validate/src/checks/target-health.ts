/** Check: every target of the load balancer is healthy, and each target group has a target. */
import type { TargetHealthDescription } from "@aws-sdk/client-elastic-load-balancing-v2";
import { readTargetHealth, type TargetGroupHealth } from "../aws/load-balancer.ts";
import type { Check, Problem } from "../check.ts";
import { failure, transient } from "../check.ts";

export const targetHealth: Check = {
  id: "target-health",
  title: "Every target group of the load balancer has targets, all of them healthy",
  mode: "active",
  needs: ["aws-credentials", "terraform-outputs", "ecs-services"],
  actions: [
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
  ],
  async run({ aws, reads, names, signal }) {
    const found = await readTargetHealth(aws, await reads.loadBalancer(), signal);
    const groups = found.map((group) => ({ ...group, name: group.name.replace(`${names.prefix}-`, "") }));
    if (groups.length === 0) {
      const fix = { text: "Create the target groups again", command: "pnpm activate" };
      const problem = failure("the load balancer has no target group", fix);
      return { summary: "none", problems: [problem] };
    }
    return { summary: groups.map(describe).join(", "), problems: groups.flatMap(problemsOf) };
  },
};

function isHealthy({ TargetHealth }: TargetHealthDescription): boolean {
  return TargetHealth?.State === "healthy";
}

function describe({ name, targets }: TargetGroupHealth): string {
  return `${name} ${targets.filter(isHealthy).length}/${targets.length}`;
}

function problemsOf({ name, targets }: TargetGroupHealth): Problem[] {
  const wait = { text: "Wait for the targets", command: "pnpm validate --only target-health --wait" };
  if (targets.length === 0) return [transient(`${name}: no task is registered as a target`, wait)];
  // A draining target is no problem while another target is healthy.
  const bad = targets.filter((target) => !isHealthy(target) && target.TargetHealth?.State !== "draining");
  if (bad.length === 0 && !targets.some(isHealthy)) {
    return [transient(`${name}: all targets are draining`, wait)];
  }
  return bad.map(({ Target, TargetHealth }) => {
    const { State = "unknown", Reason, Description } = TargetHealth ?? {};
    const why = [Reason, Description].filter((part) => part !== undefined).join(", ");
    return transient(
      `${name}: ${Target?.Id ?? "a target"} is ${State}${why === "" ? "" : ` (${why})`}`,
      wait,
    );
  });
}
