/**
 * The permissions of a deployment and of a mode change, in addition to those of a plan and a sync: to create, change and delete the resources
 * of this stack. A managed policy has at most 6144 characters, so there are several policies.
 */
import { secretRestartName } from "@pilot-light/core/contract";
import type { Statement } from "../policy-document.ts";
import { text } from "../text.ts";
import { type PolicyScope, arn, bucketArn, globalArn, inRegion, stateStatements } from "./scope.ts";

export type DeployPolicy = "network" | "data" | "compute" | "edge";

export function deployStatements(scope: PolicyScope): Record<DeployPolicy, Statement[]> {
  return {
    network: network(scope),
    data: [...stateStatements(scope, true), ...database(scope), ...storage(scope)],
    compute: [...services(scope), ...taskRoles(scope), secretRestart(scope), ...serviceDiscovery(scope)],
    edge: [loadBalancer(scope), ...certificates(scope), ...distribution(scope)],
  };
}

function network(scope: PolicyScope): Statement[] {
  const created = ["InternetGateway", "NatGateway", "Route", "RouteTable", "SecurityGroup", "Subnet", "Vpc"];
  const changes = ["Authorize", "Revoke"].flatMap((verb) => [
    `ec2:${verb}SecurityGroupEgress`,
    `ec2:${verb}SecurityGroupIngress`,
  ]);
  return [
    inRegion(scope, "Network", [
      ...created.flatMap((kind) => [`ec2:Create${kind}`, `ec2:Delete${kind}`]),
      ...changes,
      "ec2:AllocateAddress",
      "ec2:AssociateRouteTable",
      "ec2:AttachInternetGateway",
      // EFS creates and deletes the interface of a mount target with the permissions of the caller.
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:CreateTags",
      "ec2:CreateVpcEndpoint",
      "ec2:DeleteTags",
      "ec2:DeleteVpcEndpoints",
      "ec2:DetachInternetGateway",
      "ec2:DetachNetworkInterface",
      "ec2:DisassociateAddress",
      "ec2:DisassociateRouteTable",
      "ec2:ModifySecurityGroupRules",
      "ec2:ModifySubnetAttribute",
      "ec2:ModifyVpcAttribute",
      "ec2:ModifyVpcEndpoint",
      "ec2:ReleaseAddress",
      "ec2:ReplaceRoute",
      "ec2:ReplaceRouteTableAssociation",
    ]),
  ];
}

function database(scope: PolicyScope): Statement[] {
  const { names } = scope;
  const resources = ["db:", "subgrp:", "pg:", "snapshot:"].map((kind) =>
    arn(scope, "rds", `${kind}${names.databaseInstance}*`),
  );
  const ownGroup = arn(scope, "rds", text`subgrp:${scope.databaseSubnetGroup}`);
  // An instance without its own groups gets the default groups, and AWS checks the permission on them as well.
  const defaults = ["og:default", "pg:default"].map((kind) => arn(scope, "rds", `${kind}*`));
  return [
    {
      Sid: "Database",
      Action: [
        "rds:AddTagsToResource",
        "rds:CreateDBInstance",
        "rds:CreateDBParameterGroup",
        "rds:CreateDBSnapshot",
        "rds:CreateDBSubnetGroup",
        "rds:DeleteDBInstance",
        "rds:DeleteDBParameterGroup",
        "rds:DeleteDBSnapshot",
        "rds:DeleteDBSubnetGroup",
        "rds:ModifyDBInstance",
        "rds:ModifyDBParameterGroup",
        "rds:ModifyDBSubnetGroup",
        "rds:RemoveTagsFromResource",
      ],
      Resource: [...resources, ownGroup],
    },
    { Sid: "DefaultGroups", Action: ["rds:CreateDBInstance", "rds:ModifyDBInstance"], Resource: defaults },
    {
      // For the password that RDS manages.
      Sid: "DatabaseSecret",
      Action: ["secretsmanager:CreateSecret", "secretsmanager:TagResource"],
      Resource: arn(scope, "secretsmanager", "secret:rds!db-*"),
    },
    // RDS encrypts the password and the storage with keys of AWS, and checks them with the permissions of the caller.
    { Sid: "Keys", Action: "kms:DescribeKey", Resource: arn(scope, "kms", "key/*") },
  ];
}

/** Buckets, secrets and file systems. */
function storage(scope: PolicyScope): Statement[] {
  const { names } = scope;
  return [
    {
      Sid: "Buckets",
      Action: [
        "s3:CreateBucket",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketPolicy",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketTagging",
        "s3:PutBucketVersioning",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
        "s3:TagResource",
        "s3:UntagResource",
      ],
      Resource: [names.backupsBucket, names.profilingBucket].map((name) => bucketArn(scope, name)),
    },
    {
      Sid: "Secrets",
      Action: [
        "secretsmanager:CreateSecret",
        "secretsmanager:DeleteSecret",
        "secretsmanager:PutSecretValue",
        "secretsmanager:TagResource",
        "secretsmanager:UntagResource",
        "secretsmanager:UpdateSecret",
      ],
      Resource: arn(scope, "secretsmanager", `secret:${names.prefix}-*`),
    },
    {
      Sid: "Files",
      Action: [
        "elasticfilesystem:CreateAccessPoint",
        "elasticfilesystem:CreateFileSystem",
        "elasticfilesystem:CreateMountTarget",
        "elasticfilesystem:DeleteAccessPoint",
        "elasticfilesystem:DeleteFileSystem",
        "elasticfilesystem:DeleteMountTarget",
        "elasticfilesystem:PutLifecycleConfiguration",
        "elasticfilesystem:TagResource",
        "elasticfilesystem:UntagResource",
      ],
      Resource: ["file-system/*", "access-point/*"].map((kind) => arn(scope, "elasticfilesystem", kind)),
    },
  ];
}

/** The cluster and its services, with their images and logs, and the budget. */
function services(scope: PolicyScope): Statement[] {
  const { names, project } = scope;
  const ecs = ["cluster", "service", "task", "task-definition"].map((kind) =>
    arn(scope, "ecs", `${kind}/${names.prefix}-*`),
  );
  return [
    {
      Sid: "Services",
      Action: [
        "ecs:CreateCluster",
        "ecs:CreateService",
        "ecs:DeleteCluster",
        "ecs:DeleteService",
        "ecs:PutClusterCapacityProviders",
        "ecs:TagResource",
        "ecs:UntagResource",
        "ecs:UpdateCluster",
        "ecs:UpdateClusterSettings",
        "ecs:UpdateService",
      ],
      Resource: ecs,
    },
    {
      Sid: "Budget",
      Action: ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"],
      Resource: globalArn(scope, "budgets", `budget/${names.stack}`),
    },
    // These two actions do not support resources.
    inRegion(scope, "TaskDefinitions", ["ecs:DeregisterTaskDefinition", "ecs:RegisterTaskDefinition"]),
    {
      Sid: "Repositories",
      Action: [
        "ecr:CreateRepository",
        "ecr:DeleteLifecyclePolicy",
        "ecr:DeleteRepository",
        "ecr:PutImageScanningConfiguration",
        "ecr:PutImageTagMutability",
        "ecr:PutLifecyclePolicy",
        "ecr:TagResource",
        "ecr:UntagResource",
      ],
      Resource: arn(scope, "ecr", `repository/${project}/*`),
    },
    {
      Sid: "Logs",
      Action: [
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
        "logs:UntagResource",
      ],
      Resource: arn(scope, "logs", `log-group:/ecs/${names.prefix}/*`),
    },
  ];
}

function taskRoles(scope: PolicyScope): Statement[] {
  const { names } = scope;
  return [
    {
      // Not the roles of GitHub: a workflow must not be able to give itself permissions.
      Sid: "TaskRoles",
      Action: [
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:ListInstanceProfilesForRole",
        "iam:PutRolePolicy",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
      ],
      Resource: ["ecs-task-execution-role", "*-start-role", "*-task-role", "secret-restart-*-role"].map(
        (name) => globalArn(scope, "iam", `role/${names.prefix}-${name}`),
      ),
    },
    {
      // The first resource of a service in an account creates the role with which the service works.
      Sid: "ServiceRoles",
      Action: "iam:CreateServiceLinkedRole",
      Resource: globalArn(scope, "iam", "role/aws-service-role/*"),
      Condition: {
        StringEquals: {
          "iam:AWSServiceName": ["ecs", "elasticfilesystem", "elasticloadbalancing", "rds"].map(
            (service) => `${service}.amazonaws.com`,
          ),
        },
      },
    },
    {
      Sid: "PassTaskRoles",
      Action: "iam:PassRole",
      Resource: globalArn(scope, "iam", `role/${names.prefix}-*`),
      Condition: {
        StringEquals: {
          "iam:PassedToService": ["ecs-tasks", "events"].map((service) => `${service}.amazonaws.com`),
        },
      },
    },
  ];
}

function secretRestart(scope: PolicyScope): Statement {
  const name = secretRestartName(scope.names.prefix);
  return {
    Sid: "SecretRestart",
    Action: [
      "events:DeleteRule",
      "events:PutRule",
      "events:PutTargets",
      "events:RemoveTargets",
      "events:TagResource",
      "events:UntagResource",
      "ssm:AddTagsToResource",
      "ssm:CreateDocument",
      "ssm:DeleteDocument",
      "ssm:RemoveTagsFromResource",
      "ssm:UpdateDocument",
      "ssm:UpdateDocumentDefaultVersion",
    ],
    Resource: [arn(scope, "events", `rule/${name}`), arn(scope, "ssm", `document/${name}`)],
  };
}

function serviceDiscovery(scope: PolicyScope): Statement[] {
  return [
    inRegion(scope, "ServiceDiscovery", [
      "servicediscovery:CreatePrivateDnsNamespace",
      "servicediscovery:CreateService",
      "servicediscovery:DeleteNamespace",
      "servicediscovery:DeleteService",
      "servicediscovery:DeregisterInstance",
      "servicediscovery:TagResource",
      "servicediscovery:UntagResource",
      "servicediscovery:UpdateService",
    ]),
    {
      // Cloud Map keeps its names in a zone of Route 53, with the permissions of the caller.
      Sid: "PrivateZone",
      Action: [
        "route53:AssociateVPCWithHostedZone",
        "route53:ChangeResourceRecordSets",
        "route53:CreateHostedZone",
        "route53:DeleteHostedZone",
        "route53:GetHostedZone",
        "route53:ListHostedZonesByName",
      ],
      Resource: "*",
    },
  ];
}

function loadBalancer(scope: PolicyScope): Statement {
  const created = ["Listener", "LoadBalancer", "Rule", "TargetGroup"];
  return {
    Sid: "LoadBalancer",
    Action: [
      ...created.flatMap((kind) =>
        ["Create", "Delete", "Modify"].map((verb) => `elasticloadbalancing:${verb}${kind}`),
      ),
      "elasticloadbalancing:AddTags",
      "elasticloadbalancing:ModifyLoadBalancerAttributes",
      "elasticloadbalancing:ModifyListenerAttributes",
      "elasticloadbalancing:ModifyTargetGroupAttributes",
      "elasticloadbalancing:RemoveTags",
      "elasticloadbalancing:SetSecurityGroups",
      "elasticloadbalancing:SetSubnets",
    ].filter((action) => action !== "elasticloadbalancing:ModifyLoadBalancer"),
    Resource: ["loadbalancer/app", "listener/app", "listener-rule/app", "targetgroup"].map((kind) =>
      arn(scope, "elasticloadbalancing", `${kind}/${scope.names.prefix.slice(0, 12)}*`),
    ),
  };
}

function certificates({ project, partition, account }: PolicyScope): Statement[] {
  const resources = text`arn:${partition}:acm:*:${account}:certificate/*`;
  return [
    {
      Sid: "RequestCertificate",
      Action: ["acm:AddTagsToCertificate", "acm:RequestCertificate"],
      Resource: resources,
    },
    {
      Sid: "DeleteCertificate",
      Action: ["acm:DeleteCertificate", "acm:RemoveTagsFromCertificate"],
      Resource: resources,
      Condition: { StringEquals: { "aws:ResourceTag/Project": project } },
    },
  ];
}

function distribution(scope: PolicyScope): Statement[] {
  const resources = globalArn(scope, "cloudfront", "distribution/*");
  return [
    {
      Sid: "CreateDistribution",
      Action: [
        "cloudfront:CreateDistribution",
        "cloudfront:CreateDistributionWithTags",
        "cloudfront:TagResource",
      ],
      Resource: resources,
    },
    {
      Sid: "ChangeDistribution",
      Action: ["cloudfront:DeleteDistribution", "cloudfront:UntagResource", "cloudfront:UpdateDistribution"],
      Resource: resources,
      Condition: { StringEquals: { "aws:ResourceTag/Project": scope.project } },
    },
  ];
}
