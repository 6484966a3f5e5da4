/**
 * The access task: Systems Manager forwards a port through it to the database. Creates its cluster, task definition and role, in both modes.
 * They are free while no task runs. The tools start a task for one command, and stop it.
 */
import { databaseAccessName } from "@pilot-light/core/contract";
import { EcsCluster } from "@cdktf/provider-aws/lib/ecs-cluster/index.js";
import { EcsTaskDefinition } from "@cdktf/provider-aws/lib/ecs-task-definition/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import { assumedBy, policyDocument, sessionStatement } from "../policy-document.ts";

export interface DatabaseAccessProps {
  /** `dev-<project>`. */
  prefix: string;
}

/** busybox 1.37.0 for all architectures. It only waits: the agent of Systems Manager, which AWS adds to the task, does the work. */
const image =
  "public.ecr.aws/docker/library/busybox@sha256:9532d8c39891ca2ecde4d30d7710e01fb739c87a8b9299685c63704296b16028";

/** A task that nobody stops ends after this time. */
const longestSeconds = 3600;

/**
 * Folders into which the agent writes. AWS does not support ECS Exec with a read-only root; with these folders it works
 * (https://github.com/aws/containers-roadmap/issues/1359).
 */
const agentFolders = {
  "managed-agents": "/managed-agents",
  "agent-state": "/var/lib/amazon/ssm",
  "agent-logs": "/var/log/amazon/ssm",
} as const;

/** The smallest task of Fargate, whose price docs/costs.md names; 1024 CPU units are one vCPU. */
const size = { cpu: 256, memory: 512 } as const;

export class DatabaseAccess extends Construct {
  readonly clusterName: string;
  readonly taskDefinitionArn: string;

  constructor(scope: Construct, id: string, { prefix }: DatabaseAccessProps) {
    super(scope, id);
    const name = databaseAccessName(prefix);
    // Not the cluster of the services: a deactivation deletes that one, and a running task would prevent this.
    this.clusterName = new EcsCluster(this, "cluster", {
      name,
      setting: [{ name: "containerInsights", value: "disabled" }],
    }).name;
    const role = new IamRole(this, "role", {
      name: `${name}-task-role`,
      assumeRolePolicy: assumedBy("ecs-tasks.amazonaws.com"),
    });
    new IamRolePolicy(this, "policy", {
      name: "session",
      role: role.id,
      policy: policyDocument([sessionStatement()]),
    });
    const { cpu, memory } = size;
    const folders = Object.entries(agentFolders);
    this.taskDefinitionArn = new EcsTaskDefinition(this, "task", {
      family: name,
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: String(cpu),
      memory: String(memory),
      // No execution role: the image is public, and the task has neither a log nor secrets.
      taskRoleArn: role.arn,
      volume: folders.map(([volume]) => ({ name: volume })),
      containerDefinitions: Fn.jsonencode([
        {
          name: "wait",
          image,
          essential: true,
          cpu,
          memory,
          command: ["sleep", String(longestSeconds)],
          readonlyRootFilesystem: true,
          // The init process forwards signals, so that the task stops at once, and reaps the processes that the agent leaves.
          linuxParameters: { initProcessEnabled: true },
          stopTimeout: 2,
          mountPoints: folders.map(([sourceVolume, containerPath]) => ({ sourceVolume, containerPath })),
        },
      ]),
    }).arn;
  }
}
