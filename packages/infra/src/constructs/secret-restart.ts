/**
 * Starts new tasks of a service when a secret that they have read changes: ECS reads secrets only when it starts a task, and RDS changes
 * the password of its master user every 7 days. It runs none of our code: a rule of EventBridge starts an automation of Systems Manager, which
 * makes one call to ECS. In pilot light, only its two roles exist.
 */
import { secretRestartName } from "@pilot-light/core/contract";
import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { SsmDocument } from "@cdktf/provider-aws/lib/ssm-document/index.js";
import { Fn, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import { type Statement, assumedBy, policyDocument } from "../policy-document.ts";
import { text } from "../text.ts";

export interface SecretRestartProps {
  exists: Gate;
  prefix: string;
  region: string;
  account: string;
  partition: string;
  clusterArn: string;
  service: { name: string; arn: string };
  /** ARNs, "" for a secret that does not exist. */
  secretArns: readonly string[];
}

export class SecretRestart extends Construct {
  /** Output; empty without the rule. */
  readonly ruleName: string;
  readonly #props: SecretRestartProps;

  constructor(scope: Construct, id: string, props: SecretRestartProps) {
    super(scope, id);
    this.#props = props;
    const { exists, prefix, service, secretArns } = props;
    const name = secretRestartName(prefix);
    const automationRole = this.#role("action", "ssm.amazonaws.com");
    const mayUpdate = this.#policy("action", automationRole, [
      { Sid: "StartNewTasks", Action: "ecs:UpdateService", Resource: service.arn },
    ]);
    const document = exists.count(
      new SsmDocument(this, "automation", {
        name,
        documentType: "Automation",
        documentFormat: "JSON",
        content: this.#document(),
        dependsOn: [mayUpdate],
      }),
    );
    const { partition, region, account } = props;
    const ofSystemsManager = (resource: string) =>
      text`arn:${partition}:ssm:${region}:${account}:${resource}`;
    const automation = ofSystemsManager(`automation-definition/${name}:$DEFAULT`);
    const startable = [
      automation,
      ofSystemsManager(`document/${name}`),
      ofSystemsManager("automation-execution/*"),
    ];
    const eventRole = this.#role("event", "events.amazonaws.com");
    const mayStart = this.#policy("event", eventRole, [
      { Sid: "StartAutomation", Action: "ssm:StartAutomationExecution", Resource: startable },
      {
        Sid: "PassRole",
        Action: "iam:PassRole",
        Resource: automationRole.arn,
        Condition: { StringEquals: { "iam:PassedToService": "ssm.amazonaws.com" } },
      },
    ]);
    const rule = exists.count(
      new CloudwatchEventRule(this, "rule", {
        name,
        description: "A secret of the backend has a new value",
        // Secrets Manager sends it without a trail of CloudTrail, and after the database has the password:
        // https://docs.aws.amazon.com/secretsmanager/latest/userguide/event-detail-secret-label-updated-secretsmanager.html
        eventPattern: Fn.jsonencode({
          source: ["aws.secretsmanager"],
          "detail-type": ["Secret Label Updated"],
          resources: Fn.compact([...secretArns]),
          detail: { labelUpdated: ["AWSCURRENT"] },
        }),
      }),
    );
    exists.count(
      new CloudwatchEventTarget(this, "target", {
        rule: rule.name,
        arn: automation,
        roleArn: eventRole.arn,
        // In place of the event, which is no parameter of the automation.
        input: Fn.jsonencode({ AutomationAssumeRole: [automationRole.arn] }),
        dependsOn: [document, mayStart],
      }),
    );
    this.ruleName = exists.text(rule.name);
  }

  /** One call, repeated if ECS refuses it. The names of its inputs are those of the API of ECS. */
  #document(): string {
    const { clusterArn, service } = this.#props;
    return Fn.jsonencode({
      schemaVersion: "0.3",
      description: "Starts new tasks of the backend, which read its secrets",
      assumeRole: "{{AutomationAssumeRole}}",
      parameters: { AutomationAssumeRole: { type: "String" } },
      mainSteps: [
        {
          name: "StartNewTasks",
          action: "aws:executeAwsApi",
          maxAttempts: 5,
          inputs: {
            Service: "ecs",
            Api: "UpdateService",
            cluster: clusterArn,
            service: service.name,
            forceNewDeployment: true,
          },
        },
      ],
    });
  }

  #role(id: string, service: string): IamRole {
    const name = `${secretRestartName(this.#props.prefix)}-${id}-role`;
    return new IamRole(this, `${id}-role`, { name, assumeRolePolicy: assumedBy(service) });
  }

  #policy(id: string, role: IamRole, statements: readonly Statement[]): ITerraformDependable {
    const policy = policyDocument(statements);
    return this.#props.exists.count(
      new IamRolePolicy(this, `${id}-policy`, { name: id, role: role.id, policy }),
    );
  }
}
