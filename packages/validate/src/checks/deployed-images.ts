/** Check: the image that each service was told to run still exists in ECR; "keep the last 10" may have removed it. */
import { awsCommand } from "@pilot-light/core/aws/command-line";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure } from "../check.ts";
import { sdk } from "@pilot-light/core/aws/sdk";

export const deployedImages: Check = {
  id: "deployed-images",
  title: "The images that the services were told to run exist in ECR",
  mode: "active",
  needs: ["aws-credentials", "terraform-outputs", "ecr-repositories", "ecs-cluster"],
  actions: ["ecs:DescribeServices", "ecs:DescribeTaskDefinition", "ecr:DescribeImages"],
  async run(context) {
    const services = [...(await context.reads.services()).values()];
    const definitions = services.flatMap((service) => service?.taskDefinition ?? []);
    const images = (await Promise.all(definitions.map((arn) => imagesOf(context, arn)))).flat();
    const own = images.flatMap((image) => parseEcrImage(image, context) ?? []);
    const problems = (await Promise.all(own.map((image) => judge(context, image)))).flat();
    const others = images.length - own.length;
    const found = [...own.map(describe), ...(others > 0 ? [`${others} from elsewhere`] : [])].join(", ");
    return {
      // Services that are missing are what ecs-services is about.
      summary: found === "" ? "nothing to look at: no service has an image" : found,
      details: images,
      problems,
    };
  },
};

async function imagesOf({ aws, signal }: CheckContext, taskDefinition: string): Promise<string[]> {
  const { DescribeTaskDefinitionCommand } = sdk.ecs();
  const ecs = await aws.ecs();
  const { taskDefinition: found } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }), {
    abortSignal: signal,
  });
  return (found?.containerDefinitions ?? []).flatMap(({ image }) => image ?? []);
}

interface EcrImage {
  name: string;
  /** A tag, or a digest that starts with `sha256:`. */
  reference: string;
}

/** Undefined for an image that is in none of the environment's repositories. */
function parseEcrImage(image: string, { names }: CheckContext): EcrImage | undefined {
  const match =
    /^\d{12}\.dkr\.ecr\.[\w.-]+\/(?<name>[^:@]+)(?::(?<tag>[^@]+))?(?:@(?<digest>sha256:\w+))?$/.exec(image);
  const name = match?.groups?.name;
  const ours: readonly string[] = Object.values(names.ecrRepositories);
  if (name === undefined || !ours.includes(name)) return undefined;
  return { name, reference: match?.groups?.digest ?? match?.groups?.tag ?? "latest" };
}

/** "backend:v1" or, as much of a digest as people compare, "backend@sha256:9f86d081884c". */
function describe({ name, reference }: EcrImage): string {
  const short = name.split("/").at(-1) ?? name;
  return reference.startsWith("sha256:") ? `${short}@${reference.slice(0, 19)}` : `${short}:${reference}`;
}

async function judge({ aws, signal }: CheckContext, { name, reference }: EcrImage): Promise<Problem[]> {
  const { DescribeImagesCommand, ImageNotFoundException } = sdk.ecr();
  const ecr = await aws.ecr();
  const imageId = reference.startsWith("sha256:") ? { imageDigest: reference } : { imageTag: reference };
  try {
    await ecr.send(new DescribeImagesCommand({ repositoryName: name, imageIds: [imageId] }), {
      abortSignal: signal,
    });
    return [];
  } catch (error) {
    if (!(error instanceof ImageNotFoundException)) throw error;
    const fix = `Push it again, or deploy another:  ${awsCommand(aws, `ecr describe-images --repository-name ${name}`)}`;
    return [failure(`${name}:${reference} is not in ECR any more: the next task cannot start`, fix)];
  }
}
