/** Check, in pilot light only: no resource of the active mode still exists and costs money. */
import { plural } from "@pilot-light/core/output/format";
import { findLeftovers } from "../aws/leftovers.ts";
import type { Check } from "../check.ts";
import { failure } from "../check.ts";
import { formatCost } from "../costs.ts";
import { requireOutput } from "../reads.ts";

export const leftovers: Check = {
  id: "leftovers",
  title: "No resource of the active mode still exists and costs money",
  mode: "pilot-light",
  needs: ["aws-credentials", "terraform-outputs"],
  actions: [
    "ec2:DescribeNatGateways",
    "ec2:DescribeAddresses",
    "elasticloadbalancing:DescribeLoadBalancers",
    "ecs:DescribeClusters",
    "cloudfront:ListDistributions",
    "servicediscovery:ListNamespaces",
    "elasticfilesystem:DescribeFileSystems",
  ],
  async run(context) {
    const vpcId = requireOutput(await context.reads.outputs(), "vpc_id");
    const found = await findLeftovers(context, vpcId);
    if (found.length === 0) return { summary: "none" };
    const dollars = found.reduce((sum, leftover) => sum + leftover.dollars, 0);
    // Not a plain deploy: that would not protect the data.
    const fix = {
      text: "Delete by hand the resources that are not in the Terraform state. To delete the other ones (after an interrupted deactivation, add --resume)",
      command: "pnpm deactivate",
    };
    return {
      summary: `${plural(found.length, "resource")} left, ${formatCost(dollars)}`,
      problems: found.map((leftover) => failure(`${leftover.name}: ${formatCost(leftover.dollars)}`, fix)),
    };
  },
};
