/** The roles of the tasks, in both modes. Their policies name resources of the active mode, and exist in active mode only. */
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import type { IResolvable, ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import { type Statement, assumedBy, policyDocument, sessionStatement } from "../policy-document.ts";
import { type ServiceName, serviceNames } from "../variables/services.ts";
import { text } from "../text.ts";

export interface TaskRolesProps {
  active: Gate;
  prefix: string;
  repositoryArns: readonly string[];
  logGroupArns: readonly string[];
  /** The secret that RDS changes: the backend itself may read it. */
  databaseSecretArn: string;
  /** Secrets that containers receive as environment variables. */
  secretArns: readonly string[];
  /** The secret with the API key of the mail service, if there is one. */
  mailKey: { gate: Gate; arn: string };
  profilingBucketArn: string;
  fileSystemArn: string;
  accessPointArns: Readonly<Record<"prometheus" | "grafana", string>>;
  ecsExec: Readonly<Record<ServiceName, IResolvable>>;
}

export class TaskRoles extends Construct {
  readonly executionRoleArn: string;
  readonly taskRoleArns: Readonly<Record<ServiceName, string>>;
  /** Services depend on them: a task that runs without them fails or hangs. */
  readonly policies: readonly ITerraformDependable[];
  readonly #props: TaskRolesProps;

  constructor(scope: Construct, id: string, props: TaskRolesProps) {
    super(scope, id);
    this.#props = props;
    const { active, prefix } = props;
    const execution = this.#role("execution", `${prefix}-ecs-task-execution-role`);
    const tasks = {
      frontend: this.#role("frontend", `${prefix}-frontend-task-role`),
      backend: this.#role("backend", `${prefix}-backend-task-role`),
      prometheus: this.#role("prometheus", `${prefix}-prometheus-task-role`),
      grafana: this.#role("grafana", `${prefix}-grafana-task-role`),
    };
    this.executionRoleArn = execution.arn;
    this.taskRoleArns = {
      frontend: tasks.frontend.arn,
      backend: tasks.backend.arn,
      prometheus: tasks.prometheus.arn,
      grafana: tasks.grafana.arn,
    };
    this.policies = [
      this.#policy("start-tasks", execution, active, this.#startTasks()),
      this.#policy("read-mail-key", execution, props.mailKey.gate, [
        { Sid: "ReadMailKey", Action: "secretsmanager:GetSecretValue", Resource: props.mailKey.arn },
      ]),
      this.#policy("profiling", tasks.backend, active, [
        { Sid: "UploadProfiles", Action: "s3:PutObject", Resource: text`${props.profilingBucketArn}/*` },
      ]),
      this.#policy("database-password", tasks.backend, active, [
        {
          Sid: "ReadChangedPassword",
          Action: "secretsmanager:GetSecretValue",
          Resource: props.databaseSecretArn,
        },
      ]),
      this.#policy("prometheus-files", tasks.prometheus, active, this.#files("prometheus")),
      this.#policy("grafana-files", tasks.grafana, active, this.#files("grafana")),
      ...serviceNames.map((name) =>
        this.#policy(`${name}-exec`, tasks[name], active.and(props.ecsExec[name]), [sessionStatement()]),
      ),
    ];
  }

  #role(id: string, name: string): IamRole {
    return new IamRole(this, id, { name, assumeRolePolicy: assumedBy("ecs-tasks.amazonaws.com") });
  }

  #policy(id: string, role: IamRole, gate: Gate, statements: readonly Statement[]): IamRolePolicy {
    const policy = policyDocument(statements);
    return gate.count(new IamRolePolicy(this, `${id}-policy`, { name: id, role: role.id, policy }));
  }

  /** The permissions with which ECS starts a task: to pull the image, write the log, and read the secrets. */
  #startTasks(): Statement[] {
    const { repositoryArns, logGroupArns, secretArns } = this.#props;
    return [
      { Sid: "RegistryLogin", Action: "ecr:GetAuthorizationToken", Resource: "*" },
      {
        Sid: "PullImages",
        Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        Resource: repositoryArns,
      },
      {
        Sid: "WriteLogs",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: logGroupArns.map((arn) => text`${arn}:*`),
      },
      { Sid: "ReadSecrets", Action: "secretsmanager:GetSecretValue", Resource: secretArns },
    ];
  }

  /** Access to the service's own directory of the file system. */
  #files(name: "prometheus" | "grafana"): Statement[] {
    const { fileSystemArn, accessPointArns } = this.#props;
    return [
      {
        Sid: "OwnDirectory",
        Action: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        Resource: fileSystemArn,
        Condition: { StringEquals: { "elasticfilesystem:AccessPointArn": accessPointArns[name] } },
      },
    ];
  }
}
