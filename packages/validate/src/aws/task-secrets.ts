/** Reads which secrets the running tasks have read at their start, and when each secret got its present value. */
import type { Task } from "@aws-sdk/client-ecs";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsErrorName } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { listTasks } from "./services.ts";

/** The running tasks of a service, at most the first 100. */
export async function runningTasks(
  aws: AwsClients,
  cluster: string,
  serviceName: string,
  signal: AbortSignal,
): Promise<Task[]> {
  const tasks = await listTasks(aws, { cluster, serviceName, desiredStatus: "RUNNING" }, signal);
  // The emulator lists the tasks of the whole cluster.
  return tasks.filter(({ group }) => group === `service:${serviceName}`);
}

/** ARNs of the secrets in Secrets Manager that ECS reads for the containers of a task definition. */
export async function secretsOf(
  aws: AwsClients,
  taskDefinition: string,
  signal: AbortSignal,
): Promise<string[]> {
  const { DescribeTaskDefinitionCommand } = sdk.ecs();
  const ecs = await aws.ecs();
  const { taskDefinition: found } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }), {
    abortSignal: signal,
  });
  const values = (found?.containerDefinitions ?? []).flatMap(({ secrets = [] }) =>
    secrets.map(({ valueFrom = "" }) => valueFrom),
  );
  // `arn:aws:secretsmanager:<region>:<account>:secret:<name>`, then optionally a key, a stage and a version.
  return [...new Set(values.map((value) => value.split(":").slice(0, 7).join(":")))].filter((arn) =>
    /^arn:[\w-]+:secretsmanager:/.test(arn),
  );
}

/**
 * When a secret got its present value; undefined if there is no such secret. LastChangedDate of DescribeSecret is not enough, because new tags
 * change it as well. A rotation creates a version first, and makes it the present one when the database has accepted it.
 */
export async function valueChangedAt(
  aws: AwsClients,
  arn: string,
  signal: AbortSignal,
): Promise<Date | undefined> {
  const { DescribeSecretCommand, ListSecretVersionIdsCommand } = sdk.secretsManager();
  const client = await aws.secretsManager();
  const options = { abortSignal: signal };
  try {
    const [{ LastRotatedDate }, { Versions = [] }] = await Promise.all([
      client.send(new DescribeSecretCommand({ SecretId: arn }), options),
      client.send(new ListSecretVersionIdsCommand({ SecretId: arn }), options),
    ]);
    const present = Versions.find(({ VersionStages = [] }) => VersionStages.includes("AWSCURRENT"));
    return new Date(Math.max(Number(LastRotatedDate ?? 0), Number(present?.CreatedDate ?? 0)));
  } catch (error) {
    if (awsErrorName(error) === "ResourceNotFoundException") return undefined;
    throw error;
  }
}
