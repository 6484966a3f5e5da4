/** Check: the CloudFront distribution is enabled, deployed, and has the load balancer as an origin. */
import { awsErrorName } from "@pilot-light/core/aws/errors";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure, transient } from "../check.ts";
import type { Fix } from "../fix.ts";
import { requireOutput } from "../reads.ts";
import { sdk } from "@pilot-light/core/aws/sdk";

const again: Fix = { text: "Create the distribution again", command: "pnpm activate" };
const deploy: Fix = { text: "Deploy the distribution as infra defines it", deploy: true };

export const cloudfront: Check = {
  id: "cloudfront",
  title: "The CloudFront distribution is enabled and deployed, and has the load balancer as an origin",
  mode: "active",
  needs: ["aws-credentials", "terraform-outputs"],
  actions: ["cloudfront:GetDistribution"],
  async run(context) {
    const outputs = await context.reads.outputs();
    const id = requireOutput(outputs, "cloudfront_distribution_id");
    const loadBalancer = requireOutput(outputs, "alb_dns_name");
    const distribution = await describe(context, id);
    if (distribution === undefined) {
      return { summary: "missing", problems: [failure(`there is no CloudFront distribution ${id}`, again)] };
    }
    const { Status: status = "unknown", DistributionConfig: config, DomainName = "" } = distribution;
    const problems: Problem[] = [];
    // A disabled distribution is "Deployed" as well.
    if (config?.Enabled !== true) problems.push(failure(`the distribution ${id} is disabled`, deploy));
    if (status !== "Deployed") {
      const fix = {
        text: "Wait for the distribution",
        command: "pnpm validate --only cloudfront --wait",
      };
      const message = `the distribution has status ${status}`;
      problems.push((status === "InProgress" ? transient : failure)(message, fix));
    }
    const origins = (config?.Origins?.Items ?? []).map((origin) => (origin.DomainName ?? "").toLowerCase());
    if (!origins.includes(loadBalancer.toLowerCase())) {
      const found = origins.length === 0 ? "none" : origins.join(", ");
      problems.push(
        failure(
          `the origins of the distribution (${found}) do not include the load balancer ${loadBalancer}`,
          deploy,
        ),
      );
    }
    return {
      summary: `${id} ${status}${config?.Enabled === true ? "" : ", disabled"}, ${DomainName}`,
      problems,
    };
  },
};

async function describe({ aws, signal }: CheckContext, id: string) {
  const { GetDistributionCommand } = sdk.cloudFront();
  const client = await aws.cloudFront();
  try {
    const { Distribution } = await client.send(new GetDistributionCommand({ Id: id }), {
      abortSignal: signal,
    });
    return Distribution;
  } catch (error) {
    if (awsErrorName(error) === "NoSuchDistribution") return undefined;
    throw error;
  }
}
