/**
 * The resources of syncs inside AWS, in both modes: an image repository, a task definition, a log, two roles, and a secret for the connection
 * URL of Neon, which Terraform creates without a value. While no sync runs, only the image and the secret cost something.
 */
import { syncActions } from "@pilot-light/core/aws/command-actions";
import { policyFor } from "@pilot-light/core/aws/policy";
import {
  resourceNames,
  syncContainer,
  syncEntryPoint,
  syncEnvironment,
  syncTaskName,
} from "@pilot-light/core/contract";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { EcsTaskDefinition } from "@cdktf/provider-aws/lib/ecs-task-definition/index.js";
import { EcrLifecyclePolicy } from "@cdktf/provider-aws/lib/ecr-lifecycle-policy/index.js";
import { EcrRepository } from "@cdktf/provider-aws/lib/ecr-repository/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { Fn, Token, conditional } from "cdktf";
import { Construct } from "constructs";
import { assumedBy, policyDocument, type Statement } from "../policy-document.ts";
import { text } from "../text.ts";
import type { SyncVariables } from "../variables/sync.ts";

export interface SyncTaskProps {
  project: string;
  region: string;
  variables: SyncVariables;
  /** `X86_64` or `ARM64`. */
  architecture: string;
  logRetentionDays: number;
}

/** Seconds between SIGTERM and SIGKILL: the most that Fargate allows. A sync needs ten to undo its work. */
const stopSeconds = 120;

export class SyncTask extends Construct {
  readonly taskDefinitionArn: string;
  readonly logGroupName: string;
  /** With its tag or digest. */
  readonly image: string;
  readonly repository: { name: string; url: string; arn: string };
  readonly neonSecretArn: string;
  readonly #props: SyncTaskProps;

  constructor(scope: Construct, id: string, props: SyncTaskProps) {
    super(scope, id);
    this.#props = props;
    const { project, variables } = props;
    const names = resourceNames(project);
    const repository = this.#repository(names.syncRepository);
    this.repository = { name: repository.name, url: repository.repositoryUrl, arn: repository.arn };
    this.image = Token.asString(
      conditional(variables.image.isSet, variables.image.reference, text`${repository.repositoryUrl}:latest`),
    );
    const log = new CloudwatchLogGroup(this, "log", {
      name: names.syncLogGroup,
      retentionInDays: props.logRetentionDays,
    });
    this.logGroupName = log.name;
    const secret = new SecretsmanagerSecret(this, "neon-url", {
      name: names.neonSecret,
      description: "Connection URL of Neon, for syncs inside AWS. Stored by pnpm sync store-neon-url",
      // Terraform deletes it at once, so that a new environment can use the name.
      recoveryWindowInDays: 0,
    });
    this.neonSecretArn = secret.arn;

    const name = syncTaskName(names.prefix);
    const starting = this.#role("start", `${name}-start-role`, [
      { Sid: "RegistryLogin", Action: "ecr:GetAuthorizationToken", Resource: "*" },
      {
        Sid: "PullImage",
        Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        Resource: repository.arn,
      },
      {
        Sid: "WriteLog",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: text`${log.arn}:*`,
      },
      { Sid: "ReadNeonUrl", Action: "secretsmanager:GetSecretValue", Resource: secret.arn },
    ]);
    const scoped = { project, names, region: props.region, account: "*" };
    const running = this.#role("task", `${name}-task-role`, policyFor(syncActions, scoped, "Sync").Statement);
    this.taskDefinitionArn = new EcsTaskDefinition(this, "definition", {
      family: name,
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: Token.asString(variables.cpu),
      memory: Token.asString(variables.memory),
      runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: props.architecture },
      executionRoleArn: starting.arn,
      taskRoleArn: running.arn,
      containerDefinitions: Fn.jsonencode([this.#container()]),
    }).arn;
  }

  #container(): Record<string, unknown> {
    const { project, region } = this.#props;
    return {
      name: syncContainer,
      image: this.image,
      essential: true,
      entryPoint: syncEntryPoint,
      command: ["--help"],
      environment: Object.entries(syncEnvironment(project, region)).map(([name, value]) => ({ name, value })),
      secrets: [{ name: "NEON_DATABASE_URL", valueFrom: this.neonSecretArn }],
      linuxParameters: { initProcessEnabled: true },
      stopTimeout: stopSeconds,
      logConfiguration: {
        logDriver: "awslogs",
        options: {
          "awslogs-group": this.logGroupName,
          "awslogs-region": region,
          "awslogs-stream-prefix": syncContainer,
        },
      },
    };
  }

  /** Its tags are not immutable: the task definition names `latest`, so that a new image needs no deployment. */
  #repository(name: string): EcrRepository {
    const repository = new EcrRepository(this, "images", {
      name,
      imageTagMutability: "MUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: [{ encryptionType: "AES256" }],
      // The image can be built again at any time.
      forceDelete: true,
    });
    const { imagesKept } = this.#props.variables;
    const selection = { tagStatus: "any", countType: "imageCountMoreThan", countNumber: imagesKept };
    const rule = {
      rulePriority: 1,
      description: "Keep the newest images",
      selection,
      action: { type: "expire" },
    };
    new EcrLifecyclePolicy(this, "expiry", {
      repository: repository.name,
      policy: Token.asString(Fn.jsonencode({ rules: [rule] })),
    });
    return repository;
  }

  #role(id: string, name: string, statements: readonly Statement[]): IamRole {
    const role = new IamRole(this, `${id}-role`, {
      name,
      assumeRolePolicy: assumedBy("ecs-tasks.amazonaws.com"),
    });
    new IamRolePolicy(this, `${id}-policy`, { name: id, role: role.id, policy: policyDocument(statements) });
    return role;
  }
}
