/** Check, in pilot light only: nothing of the active mode is left behind and goes on costing money. */
import { findLeftovers } from "../aws/leftovers.ts";
import type { Check } from "../check.ts";
import { failure } from "../check.ts";
import { formatCost } from "../costs.ts";
import { requireOutput } from "../reads.ts";

export const leftovers: Check = {
  id: "leftovers",
  title: "Nothing of the active mode is still there and costs money",
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
    // Not a plain deploy: that would run past the data.
    const fix =
      "Destroy what the state still knows:  pnpm deactivate    (it shows what it destroys; after an interrupted one:  pnpm deactivate --resume)    the rest by hand, it is not in the state";
    return {
      summary: `${found.length} still there, ${formatCost(dollars)}`,
      problems: found.map((leftover) => failure(`${leftover.name}: ${formatCost(leftover.dollars)}`, fix)),
    };
  },
};
