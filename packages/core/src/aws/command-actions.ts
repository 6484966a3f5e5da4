/** The IAM actions of each command: those of the calls in its code, and those that AWS checks in addition. */
import type { Action } from "./actions.ts";

/** What a sync calls, once its route to RDS is open. The role of a sync inside AWS has exactly these. */
export const syncActions = [
  "sts:GetCallerIdentity",
  "secretsmanager:GetSecretValue",
  "s3:ListBucket",
  "s3:ListBucketMultipartUploads",
  "s3:GetObject",
  "s3:PutObject",
  "s3:DeleteObject",
  "s3:AbortMultipartUpload",
  // Before RDS is replaced: its free storage.
  "cloudwatch:GetMetricData",
] as const satisfies readonly Action[];

/** Starting a task, with a tag and its roles, following it, and stopping it. */
const taskActions = [
  "ecs:RunTask",
  "ecs:TagResource",
  "iam:PassRole",
  "ecs:ListTasks",
  "ecs:DescribeTasks",
  "ecs:StopTask",
] as const satisfies readonly Action[];

/** The route through Systems Manager, with its own task. */
export const sessionActions = [
  ...taskActions,
  "ssm:StartSession",
  "ssm:TerminateSession",
] as const satisfies readonly Action[];

/** Commands that read or write databases and dumps. */
export const commandActions = {
  sync: syncActions,
  "sync --on-fargate": [
    "sts:GetCallerIdentity",
    "secretsmanager:DescribeSecret",
    "ecr:DescribeImages",
    ...taskActions,
    "logs:GetLogEvents",
  ],
  "sync restore": syncActions,
  // The record of the run.
  "sync undo": ["sts:GetCallerIdentity", "secretsmanager:GetSecretValue", "s3:PutObject"],
  "sync store-neon-url": ["sts:GetCallerIdentity", "secretsmanager:PutSecretValue"],
  compare: ["sts:GetCallerIdentity", "secretsmanager:GetSecretValue"],
  dumps: [
    "sts:GetCallerIdentity",
    "secretsmanager:GetSecretValue",
    "s3:ListBucket",
    "s3:GetObject",
    "s3:GetBucketVersioning",
    "s3:GetLifecycleConfiguration",
    "s3:DeleteObject",
  ],
  history: ["sts:GetCallerIdentity", "s3:ListBucket", "s3:GetObject"],
  tunnel: ["sts:GetCallerIdentity", "secretsmanager:GetSecretValue"],
} as const satisfies Record<string, readonly Action[]>;

/** Commands that use the route to RDS, if the database is one of theirs. */
export const reachingCommands: ReadonlySet<string> = new Set([
  "sync",
  "sync restore",
  "sync undo",
  "compare",
  "tunnel",
  "activate",
  "deactivate",
]);
