/** Every IAM action that the checks need, with the resources that it can be restricted to. The policy is generated from this table. */
import { environmentName, type ResourceNames } from "@pilot-light/core/contract";

/** The parts of the ARNs. Account and region are `*` when they are not known. */
export interface PolicyScope {
  names: ResourceNames;
  project: string;
  region: string;
  account: string;
}

type Resources = (scope: PolicyScope) => readonly string[];

/** Actions without resource-level permissions (Service Authorization Reference). */
const anything: Resources = () => ["*"];
const bucket: Resources = ({ names }) => [`arn:aws:s3:::${names.backupsBucket}`];
const repositories: Resources = ({ region, account, names }) =>
  Object.values(names.ecrRepositories).map((name) => `arn:aws:ecr:${region}:${account}:repository/${name}`);
const ecs =
  (...kinds: readonly string[]): Resources =>
  ({ region, account, names }) =>
    kinds.map((kind) => `arn:aws:ecs:${region}:${account}:${kind}/${names.prefix}-*`);

export const actions = {
  "sts:GetCallerIdentity": anything,
  "ecr:DescribeRepositories": repositories,
  "ecr:DescribeImages": repositories,
  "s3:ListBucket": bucket,
  "s3:GetLifecycleConfiguration": bucket,
  "s3:GetEncryptionConfiguration": bucket,
  "s3:GetBucketPublicAccessBlock": bucket,
  "rds:DescribeDBInstances": ({ region, account, names }) => [
    `arn:aws:rds:${region}:${account}:db:${names.databaseInstance}`,
  ],
  // RDS puts an id into the name of the secret that is not known in advance.
  "secretsmanager:GetSecretValue": ({ region, account }) => [
    `arn:aws:secretsmanager:${region}:${account}:secret:rds!db-*`,
  ],
  "ec2:DescribeVpcs": anything,
  "ec2:DescribeNatGateways": anything,
  "ec2:DescribeAddresses": anything,
  "ecs:DescribeClusters": ecs("cluster"),
  "ecs:DescribeServices": ecs("service"),
  "ecs:DescribeTaskDefinition": anything,
  "ecs:ListTasks": anything,
  "ecs:DescribeTasks": ecs("task"),
  "elasticloadbalancing:DescribeLoadBalancers": anything,
  "elasticloadbalancing:DescribeTargetGroups": anything,
  "elasticloadbalancing:DescribeTargetHealth": anything,
  "acm:DescribeCertificate": ({ region, account }) => [`arn:aws:acm:${region}:${account}:certificate/*`],
  "cloudfront:GetDistribution": ({ account }) => [`arn:aws:cloudfront::${account}:distribution/*`],
  "cloudfront:ListDistributions": anything,
  "servicediscovery:ListNamespaces": anything,
  "servicediscovery:ListServices": anything,
  "servicediscovery:ListInstances": anything,
  "elasticfilesystem:DescribeFileSystems": anything,
} as const satisfies Record<string, Resources>;

export type Action = keyof typeof actions;

/** Sid of the policy's statements: letters and digits only. */
export const policyName = `PilotLightValidate${environmentName.replace(/^./, (letter) => letter.toUpperCase())}`;
