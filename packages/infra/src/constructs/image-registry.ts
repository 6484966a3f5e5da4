/** The ECR repositories: with immutable tags, a scan of every pushed image, and expiry of old images. */
import { EcrLifecyclePolicy } from "@cdktf/provider-aws/lib/ecr-lifecycle-policy/index.js";
import { EcrRepository } from "@cdktf/provider-aws/lib/ecr-repository/index.js";
import { Fn, Token } from "cdktf";
import { Construct } from "constructs";

export const repositories = ["backend", "frontend", "grafana"] as const;
export type RepositoryName = (typeof repositories)[number];

export interface ImageRegistryProps {
  names: Readonly<Record<RepositoryName, string>>;
  imagesKept: number;
}

export interface Repository {
  name: string;
  url: string;
  arn: string;
}

export class ImageRegistry extends Construct {
  readonly repositories: Readonly<Record<RepositoryName, Repository>>;
  readonly #props: ImageRegistryProps;

  constructor(scope: Construct, id: string, props: ImageRegistryProps) {
    super(scope, id);
    this.#props = props;
    this.repositories = {
      backend: this.#repository("backend"),
      frontend: this.#repository("frontend"),
      grafana: this.#repository("grafana"),
    };
  }

  #repository(id: RepositoryName): Repository {
    const repository = new EcrRepository(this, id, {
      name: this.#props.names[id],
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: [{ encryptionType: "AES256" }],
      // Terraform refuses to delete a repository that contains images.
      forceDelete: false,
    });
    new EcrLifecyclePolicy(this, `${id}-expiry`, {
      repository: repository.name,
      policy: Token.asString(
        Fn.jsonencode({
          rules: [
            {
              rulePriority: 1,
              description: "Keep the newest images",
              selection: {
                tagStatus: "any",
                countType: "imageCountMoreThan",
                countNumber: this.#props.imagesKept,
              },
              action: { type: "expire" },
            },
          ],
        }),
      ),
    });
    return { name: repository.name, url: repository.repositoryUrl, arn: repository.arn };
  }
}
