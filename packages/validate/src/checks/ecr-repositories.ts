/** Check: the three ECR repositories exist and contain images. */
import { plural } from "@pilot-light/core/output/format";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure, warning } from "../check.ts";
import { sdk } from "@pilot-light/core/aws/sdk";

export const ecrRepositories: Check = {
  id: "ecr-repositories",
  title: "The three ECR repositories exist and contain images",
  needs: ["aws-credentials"],
  actions: ["ecr:DescribeRepositories", "ecr:DescribeImages"],
  async run(context) {
    const repositories = Object.entries(context.names.ecrRepositories);
    const found = await Promise.all(
      repositories.map(async ([role, name]) => ({ role, name, images: await countImages(context, name) })),
    );
    return {
      summary: found
        .map(({ role, images }) =>
          images === undefined ? `${role} missing` : `${role} ${plural(images, "image")}`,
        )
        .join(", "),
      problems: found.flatMap(({ name, images }) => checkImages(name, images)),
    };
  },
};

function checkImages(name: string, images: number | undefined): Problem[] {
  if (images === undefined) {
    const fix = { text: "Create the repository", deploy: true } as const;
    return [failure(`there is no ECR repository ${name}`, fix)];
  }
  if (images > 0) return [];
  const fix = { text: `Push an image to ${name}.` };
  return [warning(`${name} contains no image: after an activation nothing could run`, fix)];
}

/** Undefined when there is no such repository. */
async function countImages({ aws, signal }: CheckContext, name: string): Promise<number | undefined> {
  const { DescribeRepositoriesCommand, RepositoryNotFoundException, paginateDescribeImages } = sdk.ecr();
  const client = await aws.ecr();
  const options = { abortSignal: signal };
  try {
    await client.send(new DescribeRepositoriesCommand({ repositoryNames: [name] }), options);
    let count = 0;
    for await (const page of paginateDescribeImages({ client }, { repositoryName: name }, options)) {
      count += page.imageDetails?.length ?? 0;
    }
    return count;
  } catch (error) {
    if (error instanceof RepositoryNotFoundException) return undefined;
    throw error;
  }
}
