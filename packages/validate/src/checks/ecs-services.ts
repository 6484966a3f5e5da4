/** Check: all four ECS services run the desired number of tasks, each from one completed deployment. */
import type { Service } from "@aws-sdk/client-ecs";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { lastStoppedReason } from "../aws/services.ts";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure, transient } from "../check.ts";
import { requireOutput } from "../reads.ts";

export const ecsServices: Check = {
  id: "ecs-services",
  title: "Frontend, backend, Prometheus and Grafana run all their tasks from one completed deployment",
  mode: "active",
  needs: ["aws-credentials", "terraform-outputs", "ecs-cluster"],
  actions: ["ecs:DescribeServices", "ecs:ListTasks", "ecs:DescribeTasks"],
  async run(context) {
    const services = [...(await context.reads.services())];
    const problems = await Promise.all(
      services.map(([name, service]) => checkService(context, name, service)),
    );
    return {
      summary: services.map(([name, service]) => describe(context, name, service)).join(", "),
      problems: problems.flat(),
    };
  },
};

/** `backend 2/2`: running of desired. */
function describe({ names }: CheckContext, name: string, service: Service | undefined): string {
  const short = name.replace(`${names.prefix}-`, "");
  return service === undefined
    ? `${short} missing`
    : `${short} ${service.runningCount ?? 0}/${service.desiredCount ?? 0}`;
}

async function checkService(
  context: CheckContext,
  name: string,
  service: Service | undefined,
): Promise<Problem[]> {
  const again = { text: "Create the service again", command: "pnpm activate" };
  if (service === undefined) return [failure(`there is no ECS service ${name}`, again)];
  const { status = "unknown", runningCount = 0, desiredCount = 0, deployments = [] } = service;
  if (status !== "ACTIVE") return [failure(`${name}: the service has status ${status}`, again)];
  const wait = { text: "Wait for the service", command: "pnpm validate --only ecs-services --wait" };
  if (desiredCount === 0) {
    const fix = {
      text: "Deploy the service with the number of tasks that infra defines",
      deploy: true,
    } as const;
    return [failure(`${name}: the desired number of tasks is 0`, fix)];
  }
  const [deployment, ...others] = deployments;
  if (deployment?.rolloutState === "FAILED") {
    const why = deployment.rolloutStateReason ?? "ECS gives no reason";
    const fix = { text: "Show the events of the service", command: eventsOf(context, name) };
    return [failure(`${name}: the deployment failed: ${why}`, fix)];
  }
  if (runningCount < desiredCount) {
    const cluster = requireOutput(await context.reads.outputs(), "ecs_cluster_name");
    const reason = await lastStoppedReason(context.aws, cluster, name, context.signal);
    const stopped = reason === undefined ? "" : ` (last stopped: ${reason})`;
    return [transient(`${name}: ${runningCount} of ${desiredCount} tasks run${stopped}`, wait)];
  }
  if (runningCount > desiredCount || others.length > 0 || deployment?.rolloutState === "IN_PROGRESS") {
    return [
      transient(`${name}: a deployment is in progress, ${runningCount} of ${desiredCount} tasks run`, wait),
    ];
  }
  if (deployment === undefined) return [failure(`${name}: the service has no deployment`, again)];
  return [];
}

function eventsOf({ aws, names }: CheckContext, name: string): string {
  const words = `ecs describe-services --cluster ${names.prefix}-cluster --services ${name} --query 'services[0].events[:5]'`;
  return awsCommand(aws, words);
}
