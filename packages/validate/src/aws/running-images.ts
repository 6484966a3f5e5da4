/** The images that the services run, as Terraform variables: a plan with them changes no image. */
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsError, awsErrorName } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { clusterName, imageVariables, serviceName, type ResourceNames } from "@pilot-light/core/contract";
import { listServices } from "./services.ts";

/**
 * The running image of each service whose image is in a repository of the environment, by the name of its Terraform variable. CI deploys
 * images without Terraform, so only ECS knows them, and not the Terraform state. Without a cluster there are no images.
 */
export async function runningImages(
  aws: AwsClients,
  { prefix }: ResourceNames,
  signal: AbortSignal,
): Promise<{ name: string; value: string }[]> {
  const containers = Object.keys(imageVariables) as (keyof typeof imageVariables)[];
  const names = containers.map((container) => serviceName(prefix, container));
  try {
    const services = await listServices(aws, clusterName(prefix), names, signal);
    const found = containers.map(async (container) => {
      const service = services.get(serviceName(prefix, container));
      const definition = service?.status === "ACTIVE" ? service.taskDefinition : undefined;
      if (definition === undefined) return [];
      const image = (await imagesOf(aws, definition, signal)).get(container);
      // The stack accepts no image without a tag or a digest.
      return image === undefined || !/[:@][^/]+$/.test(image)
        ? []
        : [{ name: imageVariables[container], value: image }];
    });
    return (await Promise.all(found)).flat();
  } catch (error) {
    if (awsErrorName(error) === "ClusterNotFoundException") return [];
    throw awsError(error, "Cannot read the images of the services");
  }
}

/** The image of each container of a task definition. */
export async function imagesOf(
  aws: AwsClients,
  taskDefinition: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { DescribeTaskDefinitionCommand } = sdk.ecs();
  const ecs = await aws.ecs();
  const { taskDefinition: found } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }), {
    abortSignal: signal,
  });
  return new Map(
    (found?.containerDefinitions ?? []).flatMap(({ name = "", image }) =>
      image === undefined ? [] : [[name, image] as const],
    ),
  );
}
