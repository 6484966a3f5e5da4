/** One ECS service on Fargate with its task definition. All four services have this form. Active mode only. */
import { serviceName } from "@pilot-light/core/contract";
import { EcsService } from "@cdktf/provider-aws/lib/ecs-service/index.js";
import { EcsTaskDefinition } from "@cdktf/provider-aws/lib/ecs-task-definition/index.js";
import { type IResolvable, type ITerraformDependable, Token, conditional } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import { type Container, containerDefinitions, volumeName } from "./container.ts";

export interface ServiceSettings {
  port: number;
  /** CPU units; 1024 are one vCPU. */
  cpu: number;
  /** MB. */
  memory: number;
  desiredCount: number;
  ecsExec: IResolvable;
  /** The container can write to volumes only, unless ECS Exec is enabled. */
  readOnlyRoot: IResolvable;
}

/** The properties that all services share. */
export interface ServicePlatform {
  active: Gate;
  prefix: string;
  region: string;
  clusterArn: string;
  subnetIds: readonly string[];
  executionRoleArn: string;
  fargateSpot: IResolvable;
  /** Processor architecture of the images: `X86_64` or `ARM64`. */
  architecture: string;
  healthCheckGraceSeconds: number;
  /** Routes, policies, listeners. Without these dependencies a deactivation deletes them while tasks still run, and hangs. */
  dependsOn: readonly ITerraformDependable[];
}

/** The properties that one service gets from the stack. */
export interface ServicePlace extends ServiceSettings {
  image: string;
  taskRoleArn: string;
  securityGroupId: string;
  logGroupName: string;
  registryArn: string;
  /** Target group of the load balancer; undefined for a service that is not public. */
  targetGroupArn?: string;
}

/**
 * For services with files: two tasks that write at the same time corrupt the files. By default, ECS starts the new task before it stops the
 * old one. Rebalancing between zones does the same.
 */
const stopBeforeStart = {
  deploymentMinimumHealthyPercent: 0,
  deploymentMaximumPercent: 100,
  availabilityZoneRebalancing: "DISABLED",
} as const;

export interface FargateServiceProps extends ServicePlace {
  name: string;
  platform: ServicePlatform;
  container: Container;
}

export class FargateService extends Construct {
  /** Output: the service's name. */
  readonly serviceName: string;

  constructor(scope: Construct, id: string, props: FargateServiceProps) {
    super(scope, id);
    const { name, platform, targetGroupArn } = props;
    const { active, prefix } = platform;
    const definition = this.#taskDefinition(props);
    const balanced = targetGroupArn !== undefined;
    const service = active.count(
      new EcsService(this, "service", {
        name: serviceName(prefix, name),
        cluster: platform.clusterArn,
        taskDefinition: definition.arn,
        desiredCount: props.desiredCount,
        capacityProviderStrategy: [
          {
            capacityProvider: Token.asString(conditional(platform.fargateSpot, "FARGATE_SPOT", "FARGATE")),
            weight: 1,
          },
        ],
        networkConfiguration: {
          subnets: [...platform.subnetIds],
          securityGroups: [props.securityGroupId],
          assignPublicIp: false,
        },
        ...(balanced
          ? {
              loadBalancer: [{ targetGroupArn, containerName: name, containerPort: props.port }],
              healthCheckGracePeriodSeconds: platform.healthCheckGraceSeconds,
            }
          : {}),
        serviceRegistries: { registryArn: props.registryArn, containerName: name, containerPort: props.port },
        deploymentCircuitBreaker: { enable: true, rollback: true },
        ...(props.container.volume === undefined ? {} : stopBeforeStart),
        enableExecuteCommand: props.ecsExec,
        propagateTags: "SERVICE",
        dependsOn: [...platform.dependsOn],
      }),
    );
    this.serviceName = active.text(service.name);
  }

  #taskDefinition({ name, platform, container, ...props }: FargateServiceProps): EcsTaskDefinition {
    const { volume } = container;
    const volumes =
      volume === undefined
        ? {}
        : {
            volume: [
              {
                name: volumeName,
                efsVolumeConfiguration: {
                  fileSystemId: volume.fileSystemId,
                  transitEncryption: "ENABLED",
                  authorizationConfig: { accessPointId: volume.accessPointId, iam: "ENABLED" },
                },
              },
            ],
          };
    return platform.active.count(
      new EcsTaskDefinition(this, "task", {
        family: `${platform.prefix}-${name}`,
        networkMode: "awsvpc",
        requiresCompatibilities: ["FARGATE"],
        cpu: Token.asString(props.cpu),
        memory: Token.asString(props.memory),
        runtimePlatform: { cpuArchitecture: platform.architecture, operatingSystemFamily: "LINUX" },
        executionRoleArn: platform.executionRoleArn,
        taskRoleArn: props.taskRoleArn,
        ...volumes,
        containerDefinitions: containerDefinitions({ name, region: platform.region, container, ...props }),
      }),
    );
  }
}
