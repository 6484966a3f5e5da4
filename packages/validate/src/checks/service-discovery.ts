/** Check: the Cloud Map namespace exists, and each of its services has as many instances as ECS runs tasks. */
import { awsCommand } from "@pilot-light/core/aws/command-line";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure, transient } from "../check.ts";
import { requireOutput } from "../reads.ts";
import { sdk } from "@pilot-light/core/aws/sdk";

export const serviceDiscovery: Check = {
  id: "service-discovery",
  title: "The Cloud Map namespace exists, with an instance registered for each running task",
  mode: "active",
  needs: ["aws-credentials", "terraform-outputs", "ecs-services"],
  actions: [
    "servicediscovery:ListNamespaces",
    "servicediscovery:ListServices",
    "servicediscovery:ListInstances",
    "ecs:DescribeServices",
  ],
  async run(context) {
    const name = requireOutput(await context.reads.outputs(), "service_discovery_namespace");
    const namespaceId = await findNamespace(context, name);
    if (namespaceId === undefined) {
      const fix = { text: "Create the namespace again", command: "pnpm activate" };
      const problem = failure(`there is no Cloud Map namespace ${name}`, fix);
      return { summary: "missing", problems: [problem] };
    }
    const [registered, running] = await Promise.all([
      countInstances(context, namespaceId),
      countTasks(context),
    ]);
    const parts = [...running.keys()].map((service) => `${service} ${registered.get(service) ?? 0}`);
    return {
      summary: `${name}: ${parts.join(", ")}`,
      problems: [...running].flatMap(([service, tasks]) =>
        compare(context, service, { tasks, instances: registered.get(service) }),
      ),
    };
  },
};

function compare(
  { aws, names }: CheckContext,
  service: string,
  { tasks, instances }: { tasks: number; instances: number | undefined },
): Problem[] {
  if (instances === undefined) {
    const fix = { text: "Create the Cloud Map service again", command: "pnpm activate" };
    return [failure(`there is no Cloud Map service ${service}`, fix)];
  }
  if (instances === tasks) return [];
  // Tasks register only when they start: https://github.com/hashicorp/terraform-provider-aws/issues/46930
  const where = `--cluster ${names.prefix}-cluster --service ${names.prefix}-${service}`;
  const command = awsCommand(aws, `ecs update-service --force-new-deployment ${where}`);
  const fix = { text: "Replace the tasks of the service", command };
  return [transient(`${service}: ${instances} registered, ${tasks} tasks run`, fix)];
}

async function findNamespace({ aws, signal }: CheckContext, name: string): Promise<string | undefined> {
  const { paginateListNamespaces } = sdk.serviceDiscovery();
  const client = await aws.serviceDiscovery();
  for await (const page of paginateListNamespaces({ client }, {}, { abortSignal: signal })) {
    const found = (page.Namespaces ?? []).find((namespace) => namespace.Name === name);
    if (found !== undefined) return found.Id;
  }
  return undefined;
}

/** Registered instances by the short name of their service. */
async function countInstances(
  { aws, signal }: CheckContext,
  namespaceId: string,
): Promise<Map<string, number>> {
  const { paginateListInstances, paginateListServices } = sdk.serviceDiscovery();
  const client = await aws.serviceDiscovery();
  const options = { abortSignal: signal };
  const of = { Filters: [{ Name: "NAMESPACE_ID" as const, Values: [namespaceId] }] };
  const counts = new Map<string, number>();
  for await (const services of paginateListServices({ client }, of, options)) {
    await Promise.all(
      (services.Services ?? []).map(async ({ Id, Name = "" }) => {
        let count = 0;
        for await (const page of paginateListInstances({ client }, { ServiceId: Id }, options)) {
          count += page.Instances?.length ?? 0;
        }
        counts.set(Name, count);
      }),
    );
  }
  return counts;
}

/** Running tasks by the short name of their service: `backend`. */
async function countTasks({ reads, names }: CheckContext): Promise<Map<string, number>> {
  const services = [...(await reads.services())];
  return new Map(
    services.map(([name, service]) => [name.replace(`${names.prefix}-`, ""), service?.runningCount ?? 0]),
  );
}
