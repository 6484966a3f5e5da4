/** The permissions of a sync: dumps in S3, the password of RDS, and a route to RDS through Systems Manager. */
import { databaseAccessName } from "@pilot-light/core/contract";
import type { Statement } from "../policy-document.ts";
import { text } from "../text.ts";
import { type PolicyScope, arn, bucketArn, globalArn, stateStatements } from "./scope.ts";

export function syncStatements(scope: PolicyScope): Statement[] {
  const { names, region, partition } = scope;
  const access = databaseAccessName(names.prefix);
  const dumps = bucketArn(scope, names.backupsBucket);
  const tasks = ["*-cluster/*", `${access}/*`].map((name) =>
    arn(scope, "ecs", `task/${name.replace("*-cluster", `${names.prefix}-cluster`)}`),
  );
  return [
    // The outputs, among them the address of RDS, are in the state.
    ...stateStatements(scope, false),
    {
      Sid: "FindDumps",
      Action: [
        "s3:GetBucketVersioning",
        "s3:GetLifecycleConfiguration",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
      ],
      Resource: dumps,
    },
    {
      Sid: "WriteDumps",
      Action: ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
      Resource: text`${dumps}/*`,
    },
    {
      // RDS chooses the rest of the name.
      Sid: "ReadPassword",
      Action: "secretsmanager:GetSecretValue",
      Resource: arn(scope, "secretsmanager", "secret:rds!db-*"),
    },
    {
      Sid: "FindTasks",
      Action: [
        // The free storage of RDS.
        "cloudwatch:GetMetricData",
        "ecs:DescribeTaskDefinition",
        "ecs:ListTasks",
        "rds:DescribeDBInstances",
        "sts:GetCallerIdentity",
      ],
      Resource: "*",
    },
    { Sid: "UseTasks", Action: ["ecs:DescribeTasks", "ecs:StopTask", "ecs:TagResource"], Resource: tasks },
    {
      Sid: "StartAccess",
      Action: "ecs:RunTask",
      Resource: arn(scope, "ecs", `task-definition/${access}:*`),
      Condition: { ArnEquals: { "ecs:cluster": arn(scope, "ecs", `cluster/${access}`) } },
    },
    {
      Sid: "PassAccessRole",
      Action: "iam:PassRole",
      Resource: globalArn(scope, "iam", `role/${access}-task-role`),
      Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    },
    {
      Sid: "OpenSession",
      Action: "ssm:StartSession",
      Resource: [
        ...tasks,
        text`arn:${partition}:ssm:${region}::document/AWS-StartPortForwardingSessionToRemoteHost`,
      ],
    },
    { Sid: "EndSession", Action: "ssm:TerminateSession", Resource: arn(scope, "ssm", "session/*") },
  ];
}
