/** Every resource has the provider's tags, by which costs and permissions are assigned. No resource may change them. */
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { Annotations, type IAspect, Tokenization } from "cdktf";
import type { IConstruct } from "constructs";

export class RequiredTags implements IAspect {
  readonly #required: readonly string[];

  constructor(required: readonly string[]) {
    this.#required = required;
  }

  visit(node: IConstruct): void {
    if (node instanceof AwsProvider) this.#checkProvider(node);
    else if ("tagsInput" in node) this.#checkResource(node, node.tagsInput);
  }

  #checkProvider(provider: AwsProvider): void {
    const blocks = provider.defaultTags;
    const tags = Array.isArray(blocks) ? blocks.flatMap((block) => namesOf(block.tags)) : [];
    for (const name of this.#required) {
      if (!tags.includes(name)) {
        Annotations.of(provider).addError(
          `Required tag ${name} is missing from the provider's default tags.`,
        );
      }
    }
  }

  #checkResource(resource: IConstruct, tags: unknown): void {
    for (const name of namesOf(tags)) {
      if (this.#required.includes(name)) {
        Annotations.of(resource).addError(`Tag ${name} must be set by the provider, not by the resource.`);
      }
    }
  }
}

function namesOf(tags: unknown): string[] {
  if (typeof tags !== "object" || tags === null || Tokenization.isResolvable(tags)) return [];
  return Object.keys(tags);
}
