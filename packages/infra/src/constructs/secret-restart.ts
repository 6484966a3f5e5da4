/**
 * Starts new tasks of a service when a secret that they have read changes: ECS reads secrets only when it starts a task, and RDS changes
 * the password of its master user every 7 days. Without code of ours: a rule of EventBridge starts a state machine, which makes one call to
 * ECS. Pilot light has the two roles only.
 */
import { secretRestartName } from "@pilot-light/core/contract";
import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { SfnStateMachine } from "@cdktf/provider-aws/lib/sfn-state-machine/index.js";
import { Fn, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import { assumedBy, policyDocument } from "../policy-document.ts";
import { text } from "../text.ts";

export interface SecretRestartProps {
  exists: Gate;
  prefix: string;
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
    const [workflowRole, mayUpdate] = this.#role("workflow", "states.amazonaws.com", {
      Sid: "StartNewTasks",
      Action: "ecs:UpdateService",
      Resource: service.arn,
    });
    const machine = exists.count(
      new SfnStateMachine(this, "workflow", {
        name,
        roleArn: workflowRole.arn,
        definition: this.#definition(),
        dependsOn: [mayUpdate],
      }),
    );
    const [eventRole, mayStart] = this.#role("event", "events.amazonaws.com", {
      Sid: "StartWorkflow",
      Action: "states:StartExecution",
      Resource: machine.arn,
    });
    const rule = exists.count(
      new CloudwatchEventRule(this, "rule", {
        name,
        description: "A secret of the backend has a new value",
        // Secrets Manager sends it without a trail of CloudTrail, for secrets that RDS manages as well, and after the database has the password:
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
        arn: machine.arn,
        roleArn: eventRole.arn,
        dependsOn: [mayStart],
      }),
    );
    this.ruleName = exists.text(rule.name);
  }

  /** The definition in the States Language of Amazon: one call, repeated for some minutes if ECS refuses it. */
  #definition(): string {
    const { partition, clusterArn, service } = this.#props;
    return Fn.jsonencode({
      StartAt: "StartNewTasks",
      States: {
        StartNewTasks: {
          Type: "Task",
          Resource: text`arn:${partition}:states:::aws-sdk:ecs:updateService`,
          Parameters: { Cluster: clusterArn, Service: service.name, ForceNewDeployment: true },
          Retry: [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 30, MaxAttempts: 5, BackoffRate: 2 }],
          // The answer contains the events of the service, and nobody reads it.
          ResultPath: null,
          End: true,
        },
      },
    });
  }

  #role(
    id: "workflow" | "event",
    service: string,
    statement: Parameters<typeof policyDocument>[0][number],
  ): [IamRole, ITerraformDependable] {
    const { exists, prefix } = this.#props;
    const role = new IamRole(this, `${id}-role`, {
      name: `${secretRestartName(prefix)}-${id}-role`,
      assumeRolePolicy: assumedBy(service),
    });
    const policy = exists.count(
      new IamRolePolicy(this, `${id}-policy`, {
        name: id,
        role: role.id,
        policy: policyDocument([statement]),
      }),
    );
    return [role, policy];
  }
}
