/** The policy with which CI deploys images: it allows pushing images and updating two services. A variable adds a user with this policy. */
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { IamUserPolicyAttachment } from "@cdktf/provider-aws/lib/iam-user-policy-attachment/index.js";
import { IamUser } from "@cdktf/provider-aws/lib/iam-user/index.js";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import { type Statement, policyDocument } from "../policy-document.ts";
import { clusterName } from "@pilot-light/core/contract";
import { text } from "../text.ts";

export interface CiUserProps {
  /** Whether the user exists. */
  exists: Gate;
  account: string;
  partition: string;
  prefix: string;
  region: string;
  repositoryArns: readonly string[];
  /** Roles that a new task definition may have. */
  passableRoleArns: readonly string[];
  projectTag: string;
}

/** Its access key is created by hand (docs/runbooks/terraform-cloud.md): the state would show a key that Terraform creates. */
export class CiUser extends Construct {
  readonly userName: string;
  readonly userArn: string;
  readonly policyName: string;
  readonly policyArn: string;

  constructor(scope: Construct, id: string, props: CiUserProps) {
    super(scope, id);
    const { exists } = props;
    const user = exists.count(
      new IamUser(this, "user", { name: `${props.prefix}-github-actions`, path: "/cicd/" }),
    );
    const policy = new IamPolicy(this, "policy", {
      name: `${props.prefix}-github-actions-deployment`,
      path: "/cicd/",
      description: "Pushes images and deploys them to the frontend and backend services",
      policy: policyDocument(this.#statements(props)),
      // With a new description, Terraform would replace a policy that other code created.
      lifecycle: { ignoreChanges: ["description"] },
    });
    exists.count(new IamUserPolicyAttachment(this, "attachment", { user: user.name, policyArn: policy.arn }));
    this.userName = exists.text(user.name);
    this.userArn = exists.text(user.arn);
    this.policyName = policy.name;
    this.policyArn = policy.arn;
  }

  #statements(props: CiUserProps): Statement[] {
    const { prefix, region, account, partition } = props;
    const ecs = text`arn:${partition}:ecs:${region}:${account}`;
    const cluster = clusterName(prefix);
    return [
      { Sid: "RegistryLogin", Action: "ecr:GetAuthorizationToken", Resource: "*" },
      {
        Sid: "PushImages",
        Action: [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:CompleteLayerUpload",
          "ecr:DescribeImages",
          "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload",
          "ecr:PutImage",
          "ecr:UploadLayerPart",
        ],
        Resource: props.repositoryArns,
      },
      {
        // Neither action supports resources.
        Sid: "TaskDefinitions",
        Action: ["ecs:RegisterTaskDefinition", "ecs:DescribeTaskDefinition"],
        Resource: "*",
      },
      {
        Sid: "UpdateServices",
        Action: ["ecs:DescribeServices", "ecs:UpdateService"],
        Resource: ["frontend", "backend"].map((name) => text`${ecs}:service/${cluster}/${prefix}-${name}`),
      },
      {
        Sid: "WatchTasks",
        Action: ["ecs:DescribeTasks", "ecs:ListTasks"],
        Resource: "*",
        Condition: { ArnEquals: { "ecs:cluster": text`${ecs}:cluster/${cluster}` } },
      },
      {
        Sid: "PassTaskRoles",
        Action: "iam:PassRole",
        Resource: props.passableRoleArns,
        Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
      },
      {
        Sid: "InvalidateCache",
        Action: "cloudfront:CreateInvalidation",
        Resource: text`arn:${partition}:cloudfront::${account}:distribution/*`,
        Condition: { StringEquals: { "aws:ResourceTag/Project": props.projectTag } },
      },
    ];
  }
}
