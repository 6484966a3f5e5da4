/** Check: the three image registries exist and hold images. */
import { plural } from "@pilot-light/core/output/format";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure, warning } from "../check.ts";
import { sdk } from "@pilot-light/core/aws/sdk";

export const ecrRepositories: Check = {
  id: "ecr-repositories",
  title: "The three ECR repositories exist and hold images",
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
      problems: found.flatMap(({ name, images }) => judge(name, images)),
    };
  },
};

function judge(name: string, images: number | undefined): Problem[] {
  if (images === undefined) {
    return [failure(`there is no repository ${name}`, "Create it:  pnpm infra:deploy")];
  }
  if (images > 0) return [];
  return [warning(`${name} holds no image: activation would have nothing to run`, `Push one to ${name}.`)];
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
