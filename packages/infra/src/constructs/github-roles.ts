/**
 * Roles that GitHub's workflows assume without stored keys: GitHub signs a token that names the repository and its branch or environment, and
 * AWS accepts the token. Each role trusts only the workflows that need it. The roles exist in both modes, if a repository is given.
 */
import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider/index.js";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { Fn, type IResolvable, type ITerraformDependable, Token, conditional } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import { deployStatements } from "../policies/deploy.ts";
import { planStatements } from "../policies/plan.ts";
import { type PolicyScope, globalArn } from "../policies/scope.ts";
import { syncStatements } from "../policies/sync.ts";
import { policyDocument } from "../policy-document.ts";
import { text } from "../text.ts";

export interface GithubRolesProps {
  exists: Gate;
  /** Whether this stack creates GitHub's OIDC provider in the account. */
  createsProvider: IResolvable;
  /** Whether the workflow that deactivates on a schedule may use the role of deployments. */
  scheduledDeactivation: IResolvable;
  /** `owner/name`. */
  repository: string;
  scope: PolicyScope;
  /** The policy that lets CI deploy images. */
  imagesPolicyArn: string;
}

const issuer = "token.actions.githubusercontent.com";

/** The role of each kind of workflow, with the end of the subjects that GitHub writes into its tokens. */
const workflows = {
  /** Pushes to the default branch: builds images. */
  images: ["ref:refs/heads/main"],
  /** Plans of pull requests, and the scheduled validation on the default branch. */
  plan: ["pull_request", "ref:refs/heads/main"],
  /** Deployments and mode changes, which the reviewers of this environment approve. */
  deploy: ["environment:dev"],
  /** Syncs, which reviewers approve, and the plans of syncs and mode changes, which they read. */
  sync: ["environment:dev-plan", "environment:dev-sync"],
} as const satisfies Record<string, readonly string[]>;
type Workflow = keyof typeof workflows;

export class GithubRoles extends Construct {
  readonly #props: GithubRolesProps;
  readonly #provider: ITerraformDependable;

  constructor(scope: Construct, id: string, props: GithubRolesProps) {
    super(scope, id);
    this.#props = props;
    const { exists, createsProvider } = props;
    this.#provider = exists.and(createsProvider).count(
      new IamOpenidConnectProvider(this, "provider", {
        url: `https://${issuer}`,
        clientIdList: ["sts.amazonaws.com"],
      }),
    );
    const plan = planStatements(props.scope);
    const sync = syncStatements(props.scope);
    this.#attach("images", this.#role("images"), props.imagesPolicyArn);
    this.#inline("plan", this.#role("plan"), plan);
    const ofSync = this.#role("sync");
    this.#inline("sync", ofSync, sync);
    const deploy = this.#role("deploy");
    for (const [name, statements] of Object.entries({ plan, sync, ...deployStatements(props.scope) })) {
      const policy = exists.count(
        new IamPolicy(this, `deploy-${name}-policy`, {
          name: `${props.scope.names.prefix}-github-deploy-${name}`,
          path: "/cicd/",
          policy: policyDocument(statements),
        }),
      );
      this.#attach(`deploy-${name}`, deploy, policy.arn);
      if (name === "plan") this.#attach("sync-plan", ofSync, policy.arn);
    }
  }

  #role(workflow: Workflow): IamRole {
    const { exists, repository, scope } = this.#props;
    return exists.count(
      new IamRole(this, workflow, {
        name: `${scope.names.prefix}-github-${workflow}`,
        assumeRolePolicy: Fn.jsonencode({
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Action: "sts:AssumeRoleWithWebIdentity",
              Principal: { Federated: globalArn(scope, "iam", `oidc-provider/${issuer}`) },
              Condition: {
                StringEquals: {
                  [`${issuer}:aud`]: "sts.amazonaws.com",
                  [`${issuer}:sub`]: this.#subjects(workflow).map(
                    (subject) => text`repo:${repository}:${subject}`,
                  ),
                },
              },
            },
          ],
        }),
        // A copy of a large database takes longer than the hour that is the default.
        maxSessionDuration: workflow === "deploy" || workflow === "sync" ? 4 * 3600 : 3600,
        dependsOn: [this.#provider],
      }),
    );
  }

  #subjects(workflow: Workflow): readonly string[] {
    if (workflow !== "deploy") return workflows[workflow];
    const [reviewed] = workflows.deploy;
    // If the variable is false, the list contains one subject twice: Terraform has no optional elements of lists.
    const { scheduledDeactivation } = this.#props;
    const second = conditional(scheduledDeactivation, "environment:dev-scheduled", reviewed);
    return [reviewed, Token.asString(second)];
  }

  #inline(name: Workflow, role: IamRole, statements: Parameters<typeof policyDocument>[0]): void {
    const policy = policyDocument(statements);
    this.#props.exists.count(new IamRolePolicy(this, `${name}-policy`, { name, role: role.id, policy }));
  }

  #attach(name: string, role: IamRole, policyArn: string): void {
    this.#props.exists.count(
      new IamRolePolicyAttachment(this, `${name}-attachment`, { role: role.name, policyArn }),
    );
  }
}
