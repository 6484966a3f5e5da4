/** Every resource carries the tags by which costs and rights are told apart: the provider's, which no resource may change. */
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
        Annotations.of(provider).addError(`Required tag ${name} is not among the provider's default tags.`);
      }
    }
  }

  #checkResource(resource: IConstruct, tags: unknown): void {
    for (const name of namesOf(tags)) {
      if (this.#required.includes(name)) {
        Annotations.of(resource).addError(`Tag ${name} is the provider's to set, not the resource's.`);
      }
    }
  }
}

function namesOf(tags: unknown): string[] {
  if (typeof tags !== "object" || tags === null || Tokenization.isResolvable(tags)) return [];
  return Object.keys(tags);
}
