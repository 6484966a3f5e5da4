/** The permissions of a plan and of `pnpm validate --drift`: to read the resources and their settings, but no dumps and no rows. */
import { secretRestartName } from "@pilot-light/core/contract";
import type { Statement } from "../policy-document.ts";
import { text } from "../text.ts";
import { type PolicyScope, arn, bucketArn, stateStatements } from "./scope.ts";

export function planStatements(scope: PolicyScope): Statement[] {
  const { names } = scope;
  const buckets = [names.backupsBucket, names.profilingBucket].map((name) => bucketArn(scope, name));
  return [
    ...stateStatements(scope, false),
    { Sid: "ReadResources", Action: readActions, Resource: "*" },
    {
      Sid: "ReadAutomation",
      Action: "ssm:GetDocument",
      Resource: arn(scope, "ssm", `document/${secretRestartName(names.prefix)}`),
    },
    {
      // The manifests of images, which name their platforms.
      Sid: "ReadImages",
      Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      Resource: arn(scope, "ecr", `repository/${scope.project}/*`),
    },
    {
      Sid: "ReadBuckets",
      Action: [
        "s3:GetAccelerateConfiguration",
        "s3:GetBucket*",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetReplicationConfiguration",
        "s3:ListBucket",
        "s3:ListTagsForResource",
      ],
      Resource: buckets,
    },
    {
      Sid: "ReadSecrets",
      Action: ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
      Resource: arn(scope, "secretsmanager", `secret:${names.prefix}-*`),
    },
    {
      // Only the dates of secrets: a validation compares them with the tasks that have read the secrets.
      Sid: "ReadDatesOfSecrets",
      Action: ["secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds"],
      Resource: ["rds!db-*", `${names.prefix}-*`].map((name) =>
        arn(scope, "secretsmanager", `secret:${name}`),
      ),
    },
    {
      // Terraform reads the values that it has stored. Those of the database and of Neon are not among them.
      Sid: "ReadStoredValues",
      Action: "secretsmanager:GetSecretValue",
      Resource: ["grafana-admin", "resend-api-key"].map((name) =>
        arn(scope, "secretsmanager", `secret:${names.prefix}-${name}-*`),
      ),
    },
    {
      Sid: "ReadJournal",
      Action: "s3:GetObject",
      Resource: text`${bucketArn(scope, names.backupsBucket)}/${names.stack}/lifecycle.json`,
    },
  ];
}

const readActions = [
  "acm:DescribeCertificate",
  "acm:ListTagsForCertificate",
  "budgets:ListTagsForResource",
  "budgets:ViewBudget",
  "cloudfront:GetDistribution",
  "cloudfront:ListDistributions",
  "cloudfront:ListTagsForResource",
  "ec2:Describe*",
  "ec2:GetManagedPrefixListEntries",
  "ecr:DescribeImages",
  "ecr:DescribeRepositories",
  "ecr:GetLifecyclePolicy",
  "ecr:ListTagsForResource",
  "ecs:Describe*",
  "ecs:ListTagsForResource",
  "ecs:ListTasks",
  "elasticfilesystem:Describe*",
  "elasticloadbalancing:Describe*",
  "events:DescribeRule",
  "events:ListTagsForResource",
  "events:ListTargetsByRule",
  "iam:GetOpenIDConnectProvider",
  "iam:GetPolicy",
  "iam:GetPolicyVersion",
  "iam:GetRole",
  "iam:GetRolePolicy",
  "iam:GetUser",
  "iam:ListAttachedRolePolicies",
  "iam:ListAttachedUserPolicies",
  "iam:ListPolicyVersions",
  "iam:ListRolePolicies",
  "logs:DescribeLogGroups",
  "logs:ListTagsForResource",
  "rds:Describe*",
  "rds:ListTagsForResource",
  "secretsmanager:GetRandomPassword",
  "servicediscovery:GetNamespace",
  "servicediscovery:GetOperation",
  "servicediscovery:GetService",
  "servicediscovery:ListInstances",
  "servicediscovery:ListNamespaces",
  "servicediscovery:ListServices",
  "servicediscovery:ListTagsForResource",
  "servicequotas:GetServiceQuota",
  "ssm:DescribeDocument",
  "ssm:DescribeDocumentPermission",
  "ssm:ListTagsForResource",
  "sts:GetCallerIdentity",
] as const;
