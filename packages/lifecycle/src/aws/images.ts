/** The image that each service will run: found in ECR before any change, and pinned by its digest. */
import type { ImageDetail, ImageIdentifier } from "@aws-sdk/client-ecr";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { awsError, awsErrorName } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { imageVariables, type ResourceNames } from "@pilot-light/core/contract";
import type { OpsError } from "@pilot-light/core/ops-error";
import { imageMissing } from "../errors.ts";
import type { ImageName } from "../options.ts";

export const imageNames = Object.keys(imageVariables) as ImageName[];

export interface Image {
  service: ImageName;
  /** `<registry>/<repository>@sha256:...`. */
  reference: string;
  digest: string;
  tags: readonly string[];
  pushedAt: string;
}

/**
 * The wanted image of a service, or its newest image that has a tag.
 * @param wanted a tag, or a digest that starts with `sha256:`
 * @throws OpsError IMAGE_MISSING (precondition), AWS_... (aws)
 */
export async function findImage(
  aws: AwsClients,
  names: ResourceNames,
  service: ImageName,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<Image> {
  const repositoryName = names.ecrRepositories[service];
  const images = await describe(aws, repositoryName, wanted, signal);
  const [newest] = images
    .filter(({ imageTags = [] }) => wanted !== undefined || imageTags.length > 0)
    .sort((a, b) => Number(b.imagePushedAt ?? 0) - Number(a.imagePushedAt ?? 0));
  const { imageDigest: digest, registryId, imageTags = [], imagePushedAt } = newest ?? {};
  if (digest === undefined || registryId === undefined) {
    throw missing(aws, service, repositoryName, wanted);
  }
  const registry = `${registryId}.dkr.ecr.${aws.region}.amazonaws.com`;
  return {
    service,
    reference: `${registry}/${repositoryName}@${digest}`,
    digest,
    tags: imageTags,
    pushedAt: imagePushedAt?.toISOString() ?? "",
  };
}

async function describe(
  aws: AwsClients,
  repositoryName: string,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<ImageDetail[]> {
  const { paginateDescribeImages } = sdk.ecr();
  const client = await aws.ecr();
  const imageIds = wanted === undefined ? {} : { imageIds: [identifier(wanted)] };
  const found: ImageDetail[] = [];
  try {
    for await (const page of paginateDescribeImages(
      { client },
      { repositoryName, ...imageIds },
      { abortSignal: signal },
    )) {
      found.push(...(page.imageDetails ?? []));
    }
    return found;
  } catch (error) {
    if (["ImageNotFoundException", "RepositoryNotFoundException"].includes(awsErrorName(error))) return [];
    throw awsError(error, `Cannot list the images of ${repositoryName}`);
  }
}

function identifier(wanted: string): ImageIdentifier {
  return wanted.startsWith("sha256:") ? { imageDigest: wanted } : { imageTag: wanted };
}

function missing(
  aws: AwsClients,
  service: ImageName,
  repository: string,
  wanted: string | undefined,
): OpsError {
  const listCommand = awsCommand(aws, `ecr describe-images --repository-name ${repository}`);
  return imageMissing({ service, repository, wanted, listCommand });
}
