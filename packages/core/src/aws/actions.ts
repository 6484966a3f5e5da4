/** Every IAM action of the tools, with the resources that it can be restricted to. All policies are generated from this table. */
import {
  cdnRegion,
  databaseAccessName,
  environmentName,
  syncTaskName,
  type ResourceNames,
} from "../contract.ts";
import { dumpPrefixes, recordPrefix } from "../dump-keys.ts";

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
const dumps: Resources = ({ names }) =>
  [...dumpPrefixes, recordPrefix].map((prefix) => `arn:aws:s3:::${names.backupsBucket}/${prefix}*`);
const repositories: Resources = ({ region, account, names }) =>
  [...Object.values(names.ecrRepositories), names.syncRepository].map(
    (name) => `arn:aws:ecr:${region}:${account}:repository/${name}`,
  );
const ecs =
  (...kinds: readonly string[]): Resources =>
  ({ region, account, names }) =>
    kinds.map((kind) => `arn:aws:ecs:${region}:${account}:${kind}/${names.prefix}-*`);
/** Tasks that a command starts, and stops. */
const ownTasks: Resources = ({ region, account, names }) => [
  `arn:aws:ecs:${region}:${account}:task/${databaseAccessName(names.prefix)}/*`,
];
const taskNames = ({ prefix }: ResourceNames) => [databaseAccessName(prefix), syncTaskName(prefix)];
/** Secrets Manager adds a hyphen and six characters to the name of a secret. */
const neonSecret: Resources = ({ region, account, names }) => [
  `arn:aws:secretsmanager:${region}:${account}:secret:${names.neonSecret}-*`,
];
/** The name of the secret that RDS creates contains an id that is not known in advance. */
const databaseSecret: Resources = ({ region, account }) => [
  `arn:aws:secretsmanager:${region}:${account}:secret:rds!db-*`,
];
/** Dates and versions of all secrets of the environment, without their values. */
const secrets: Resources = (scope) => [
  ...databaseSecret(scope),
  `arn:aws:secretsmanager:${scope.region}:${scope.account}:secret:${scope.names.prefix}-*`,
];
const snapshots: Resources = ({ region, account, names }) => [
  `arn:aws:rds:${region}:${account}:snapshot:${names.databaseSnapshotPrefix}*`,
];
const instance: Resources = ({ region, account, names }) => [
  `arn:aws:rds:${region}:${account}:db:${names.databaseInstance}`,
];

export const actions = {
  "sts:GetCallerIdentity": anything,
  "cloudwatch:GetMetricData": anything,
  "ecr:DescribeRepositories": repositories,
  "ecr:DescribeImages": repositories,
  "ecr:BatchGetImage": repositories,
  "ecr:GetDownloadUrlForLayer": repositories,
  "s3:ListBucket": bucket,
  "s3:ListBucketMultipartUploads": bucket,
  "s3:GetBucketVersioning": bucket,
  "s3:GetLifecycleConfiguration": bucket,
  "s3:GetEncryptionConfiguration": bucket,
  "s3:GetBucketPublicAccessBlock": bucket,
  "s3:GetObject": dumps,
  "s3:PutObject": dumps,
  "s3:DeleteObject": dumps,
  "s3:AbortMultipartUpload": dumps,
  "rds:DescribeDBInstances": instance,
  "rds:DescribeDBSnapshots": (scope) => [...instance(scope), ...snapshots(scope)],
  "rds:CreateDBSnapshot": (scope) => [...instance(scope), ...snapshots(scope)],
  "rds:DeleteDBSnapshot": snapshots,
  "rds:DescribeOrderableDBInstanceOptions": anything,
  "servicequotas:GetServiceQuota": anything,
  "iam:GetRole": ({ account }) => [
    `arn:aws:iam::${account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
  ],
  "secretsmanager:GetSecretValue": databaseSecret,
  "secretsmanager:DescribeSecret": secrets,
  "secretsmanager:ListSecretVersionIds": secrets,
  "secretsmanager:PutSecretValue": neonSecret,
  "ec2:DescribeVpcs": anything,
  "ec2:DescribeNatGateways": anything,
  "ec2:DescribeAddresses": anything,
  "ec2:DescribeAvailabilityZones": anything,
  "ec2:DescribeSubnets": anything,
  "ecs:DescribeClusters": ecs("cluster"),
  "ecs:DescribeServices": ecs("service"),
  "ecs:UpdateService": ecs("service"),
  "ecs:DescribeTaskDefinition": anything,
  "ecs:ListTasks": anything,
  "ecs:DescribeTasks": ecs("task"),
  "ecs:RunTask": ({ region, account, names }) =>
    taskNames(names).map((name) => `arn:aws:ecs:${region}:${account}:task-definition/${name}:*`),
  "ecs:StopTask": ownTasks,
  "ecs:TagResource": ownTasks,
  "iam:PassRole": ({ account, names }) =>
    taskNames(names).map((name) => `arn:aws:iam::${account}:role/${name}-*`),
  "ssm:StartSession": ({ region, account, names }) => [
    `arn:aws:ecs:${region}:${account}:task/${names.prefix}-*`,
    `arn:aws:ssm:${region}::document/AWS-StartPortForwardingSessionToRemoteHost`,
  ],
  // The id of a session starts with the id of its user. The IAM variable limits the action to sessions of the same user.
  "ssm:TerminateSession": ({ region, account }) => [
    `arn:aws:ssm:${region}:${account}:session/` + "${aws:userid}-*",
  ],
  "logs:GetLogEvents": ({ region, account, names }) => [
    `arn:aws:logs:${region}:${account}:log-group:${names.syncLogGroup}:log-stream:*`,
  ],
  "elasticloadbalancing:DescribeLoadBalancers": anything,
  "elasticloadbalancing:DescribeTargetGroups": anything,
  "elasticloadbalancing:DescribeTargetHealth": anything,
  // The certificate of CloudFront is in us-east-1, in whichever region the environment is.
  "acm:DescribeCertificate": ({ region, account }) =>
    [...new Set([region, cdnRegion])].map((name) => `arn:aws:acm:${name}:${account}:certificate/*`),
  "cloudfront:GetDistribution": ({ account }) => [`arn:aws:cloudfront::${account}:distribution/*`],
  "cloudfront:ListDistributions": anything,
  "servicediscovery:ListNamespaces": anything,
  "servicediscovery:ListServices": anything,
  "servicediscovery:ListInstances": anything,
  "elasticfilesystem:DescribeFileSystems": anything,
} as const satisfies Record<string, Resources>;

export type Action = keyof typeof actions;

/** Sid of a policy's statements, letters and digits only: `PilotLightValidateDev`. */
export function policySid(command: string): string {
  const words = [...command.split(/\W+/), environmentName].filter((word) => word !== "");
  return `PilotLight${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")}`;
}
