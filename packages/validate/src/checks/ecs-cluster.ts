/** Check: the ECS cluster is active. */
import type { Check } from "../check.ts";
import { failure, transient } from "../check.ts";
import { requireOutput } from "../reads.ts";
import { sdk } from "@pilot-light/core/aws/sdk";

export const ecsCluster: Check = {
  id: "ecs-cluster",
  title: "The ECS cluster is active",
  mode: "active",
  needs: ["aws-credentials", "terraform-outputs"],
  actions: ["ecs:DescribeClusters"],
  async run({ aws, reads, signal }) {
    const name = requireOutput(await reads.outputs(), "ecs_cluster_name");
    const { DescribeClustersCommand } = sdk.ecs();
    const ecs = await aws.ecs();
    const { clusters = [] } = await ecs.send(new DescribeClustersCommand({ clusters: [name] }), {
      abortSignal: signal,
    });
    const again = { text: "Create the cluster again", command: "pnpm activate" };
    const [cluster] = clusters;
    if (cluster === undefined) {
      return { summary: "missing", problems: [failure(`there is no ECS cluster ${name}`, again)] };
    }
    const { status = "unknown", activeServicesCount = 0, runningTasksCount = 0 } = cluster;
    const summary = `${name} ${status}, ${activeServicesCount} services, ${runningTasksCount} tasks`;
    if (status === "ACTIVE") return { summary };
    const problem = status === "PROVISIONING" ? transient : failure;
    return { summary, problems: [problem(`the cluster has status ${status}`, again)] };
  },
};
