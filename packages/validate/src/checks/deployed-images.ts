/** Check: ECR still has the image of each service. The lifecycle rule of the repositories keeps only the last 10. */
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { imagesOf } from "../aws/running-images.ts";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure } from "../check.ts";
import { sdk } from "@pilot-light/core/aws/sdk";

export const deployedImages: Check = {
  id: "deployed-images",
  title: "ECR has the images that the services run",
  mode: "active",
  needs: ["aws-credentials", "terraform-outputs", "ecr-repositories", "ecs-cluster"],
  actions: ["ecs:DescribeServices", "ecs:DescribeTaskDefinition", "ecr:DescribeImages"],
  async run(context) {
    const services = [...(await context.reads.services()).values()];
    const definitions = services.flatMap((service) => service?.taskDefinition ?? []);
    const { aws, signal } = context;
    const read = definitions.map(async (arn) => [...(await imagesOf(aws, arn, signal)).values()]);
    const images = (await Promise.all(read)).flat();
    const own = images.flatMap((image) => parseEcrImage(image, context) ?? []);
    const problems = (await Promise.all(own.map((image) => checkImage(context, image)))).flat();
    const others = images.length - own.length;
    const found = [...own.map(describe), ...(others > 0 ? [`${others} from other registries`] : [])].join(
      ", ",
    );
    return {
      // The check ecs-services reports missing services.
      summary: found === "" ? "nothing to check: no service has an image" : found,
      details: images,
      problems,
    };
  },
};

interface EcrImage {
  name: string;
  /** A tag, or a digest that starts with `sha256:`. */
  reference: string;
}

/** Parses the name of an image. Returns undefined if the image is outside of the environment's repositories. */
function parseEcrImage(image: string, { names }: CheckContext): EcrImage | undefined {
  const match =
    /^\d{12}\.dkr\.ecr\.[\w.-]+\/(?<name>[^:@]+)(?::(?<tag>[^@]+))?(?:@(?<digest>sha256:\w+))?$/.exec(image);
  const name = match?.groups?.name;
  const ours: readonly string[] = Object.values(names.ecrRepositories);
  if (name === undefined || !ours.includes(name)) return undefined;
  return { name, reference: match?.groups?.digest ?? match?.groups?.tag ?? "latest" };
}

/** "backend:v1", or with the start of a digest "backend@sha256:9f86d081884c". */
function describe({ name, reference }: EcrImage): string {
  const short = name.split("/").at(-1) ?? name;
  return reference.startsWith("sha256:") ? `${short}@${reference.slice(0, 19)}` : `${short}:${reference}`;
}

async function checkImage({ aws, signal }: CheckContext, { name, reference }: EcrImage): Promise<Problem[]> {
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
    const fix = {
      text: "Push the image again, or deploy another one. To list the images",
      command: awsCommand(aws, `ecr describe-images --repository-name ${name}`),
    };
    return [failure(`ECR no longer has ${name}:${reference}: the next task cannot start`, fix)];
  }
}
