/** The ECS cluster on Fargate. Active mode only. */
import { clusterName } from "@pilot-light/core/contract";
import { EcsClusterCapacityProviders } from "@cdktf/provider-aws/lib/ecs-cluster-capacity-providers/index.js";
import { EcsCluster } from "@cdktf/provider-aws/lib/ecs-cluster/index.js";
import { type IResolvable, type ITerraformDependable, Token, conditional } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";

export interface ClusterProps {
  active: Gate;
  prefix: string;
  containerInsights: IResolvable;
}

export class Cluster extends Construct {
  /** For resources of the active mode; outputs use `name` and `arnOutput`. */
  readonly arn: string;
  readonly name: string;
  readonly arnOutput: string;
  /** Services depend on it: without it the cluster does not know Fargate Spot. */
  readonly capacity: ITerraformDependable;

  constructor(scope: Construct, id: string, { active, prefix, containerInsights }: ClusterProps) {
    super(scope, id);
    const cluster = active.count(
      new EcsCluster(this, "cluster", {
        name: clusterName(prefix),
        setting: [
          {
            name: "containerInsights",
            value: Token.asString(conditional(containerInsights, "enabled", "disabled")),
          },
        ],
      }),
    );
    this.capacity = active.count(
      new EcsClusterCapacityProviders(this, "capacity", {
        clusterName: cluster.name,
        capacityProviders: ["FARGATE", "FARGATE_SPOT"],
      }),
    );
    this.arn = cluster.arn;
    this.name = active.text(cluster.name);
    this.arnOutput = active.text(cluster.arn);
  }
}
