/** Check: no task runs with an old password. ECS reads secrets only when a task starts, and RDS changes its password every 7 days. */
import type { Task } from "@aws-sdk/client-ecs";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { clusterName, serviceName } from "@pilot-light/core/contract";
import { plural } from "@pilot-light/core/output/format";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure, warning } from "../check.ts";
import { runningTasks, secretsOf, valueChangedAt } from "../aws/task-secrets.ts";

export const taskSecrets: Check = {
  id: "task-secrets",
  title: "Every task started after the last change of each secret that it reads",
  mode: "active",
  needs: ["aws-credentials", "terraform-outputs", "ecs-cluster"],
  actions: [
    "ecs:DescribeServices",
    "ecs:ListTasks",
    "ecs:DescribeTasks",
    "ecs:DescribeTaskDefinition",
    "secretsmanager:DescribeSecret",
    "secretsmanager:ListSecretVersionIds",
  ],
  async run(context) {
    const services = [...(await context.reads.services())];
    // The check ecs-services reports missing services.
    const existing = services.flatMap(([name, service]) => (service?.status === "ACTIVE" ? [name] : []));
    const uses = (await Promise.all(existing.map((name) => usesOf(context, name)))).flat();
    const arns = [...new Set(uses.map(({ secret }) => secret))];
    const changes = await Promise.all(
      arns.map(async (arn) => [arn, await valueChangedAt(context.aws, arn, context.signal)] as const),
    );
    const changedAt = new Map(changes);
    const { values } = await context.reads.outputs();
    const rule = values.secret_restart_rule_name;
    const tasks = new Set(uses.flatMap((use) => use.tasks.map(({ taskArn }) => taskArn))).size;
    return {
      summary:
        arns.length === 0
          ? "no running task reads a secret"
          : `${plural(tasks, "task")} with ${plural(arns.length, "secret")}`,
      details: [
        ...changes.map(([arn, date]) => `${nameOf(arn)}: ${date?.toISOString() ?? "missing"}`),
        rule === ""
          ? "nothing starts new tasks of the backend when a secret changes (backend_restart_on_secret_change)"
          : `the rule ${rule} starts new tasks of the backend when a secret changes`,
      ],
      problems: uses.flatMap((use) => problemsOf(context, use, changedAt.get(use.secret), rule)),
    };
  },
};

/** The running tasks of a service that have read a secret. */
interface Use {
  service: string;
  /** ARN. */
  secret: string;
  tasks: readonly Task[];
}

async function usesOf({ aws, names, signal }: CheckContext, service: string): Promise<Use[]> {
  const tasks = await runningTasks(aws, clusterName(names.prefix), service, signal);
  const definitions = [...new Set(tasks.flatMap(({ taskDefinitionArn }) => taskDefinitionArn ?? []))];
  const read = definitions.map(async (arn) => [arn, await secretsOf(aws, arn, signal)] as const);
  const secrets = new Map(await Promise.all(read));
  const ofTask = ({ taskDefinitionArn = "" }: Task) => secrets.get(taskDefinitionArn) ?? [];
  return [...new Set(tasks.flatMap(ofTask))].map((secret) => ({
    service,
    secret,
    tasks: tasks.filter((task) => ofTask(task).includes(secret)),
  }));
}

function problemsOf(
  { aws, names }: CheckContext,
  { service, secret, tasks }: Use,
  changedAt: Date | undefined,
  rule: string,
): Problem[] {
  if (changedAt === undefined) {
    const fix = { text: "Create the secret again", deploy: true } as const;
    return [failure(`${service}: there is no secret ${nameOf(secret)}: the next task cannot start`, fix)];
  }
  const old = tasks.filter(({ createdAt }) => createdAt !== undefined && createdAt < changedAt);
  if (old.length === 0) return [];
  const count = `${old.length} of ${plural(tasks.length, "task")}`;
  const date = changedAt.toISOString().replace(/\.\d+Z$/, "Z");
  const cluster = clusterName(names.prefix);
  const words = `ecs update-service --cluster ${cluster} --service ${service} --force-new-deployment`;
  const backend = service === serviceName(names.prefix, "backend");
  // An application may read the secret again itself: DB_SECRET_ARN names it for the backend.
  const text = !backend
    ? "Start new tasks, unless the application reads the secret again itself"
    : rule === ""
      ? "Nothing starts new tasks when a secret changes: set backend_restart_on_secret_change to true, unless the application reads the secret again itself. Start new tasks now"
      : `The rule ${rule} starts new tasks within minutes. If it has not, inspect the executions of the automation with this name in Systems Manager. Start new tasks`;
  return [
    warning(`${service}: ${count} started before the secret ${nameOf(secret)} was changed (${date})`, {
      text,
      command: awsCommand(aws, words),
    }),
  ];
}

/** `arn:aws:secretsmanager:<region>:<account>:secret:<name>`. */
function nameOf(arn: string): string {
  return arn.split(":")[6] ?? arn;
}
