/** Matches the resources of an existing environment to those of this stack, by type and natural key. Reads nothing but its arguments. */
import type { ExistingResource } from "./existing-state.ts";
import type { OwnResource } from "./own-resources.ts";
import { ruleOf, rules, text, valueAt, type Rule, type Values } from "./rules.ts";

export interface Match {
  own: OwnResource;
  existing: ExistingResource;
}

/** A resource of this stack for which only a person can choose. */
export interface Ambiguity {
  own: OwnResource;
  candidates: readonly ExistingResource[];
}

export interface Mapping {
  takenOver: readonly Match[];
  /** Resources of this stack that do not exist yet. */
  created: readonly OwnResource[];
  /** Resources of the existing environment that this stack has no use for. */
  leftAlone: readonly ExistingResource[];
  ambiguous: readonly Ambiguity[];
  /** Resources of this stack that AWS would refuse to create, because one that is left alone has their name. */
  nameTaken: readonly Match[];
}

/**
 * The option `--map`: the address of each existing resource, with the address in this stack. "" leaves the resource alone.
 * The addresses exist, and their types fit.
 */
export type Choices = ReadonlyMap<string, string>;

/** The attributes by which an existing resource is compared with one of this type; undefined when it is of another type. */
export function valuesAs(type: string, existing: ExistingResource): Values | undefined {
  if (existing.type === type) return existing.values;
  const alias = ruleOf(type)?.alias;
  return alias?.type === existing.type ? alias.values(existing.values) : undefined;
}

export function matchResources(
  own: readonly OwnResource[],
  existing: readonly ExistingResource[],
  choices: Choices = new Map(),
): Mapping {
  const matching = new Matching(own, existing, choices);
  const types = Object.keys(rules).filter((type) => own.some((resource) => resource.type === type));
  for (const type of types) matching.matchType(type);
  return matching.result();
}

class Matching {
  /** By the address of the own resource. */
  readonly #matches = new Map<string, Match>();
  readonly #ambiguous: Ambiguity[] = [];
  readonly #own: readonly OwnResource[];
  readonly #existing: readonly ExistingResource[];
  /** Existing resources that are already matched. */
  readonly #claimed = new Set<ExistingResource>();

  constructor(own: readonly OwnResource[], existing: readonly ExistingResource[], choices: Choices) {
    this.#own = own;
    this.#existing = existing;
    for (const resource of existing) {
      const choice = choices.get(resource.address);
      if (choice === undefined) continue;
      this.#claimed.add(resource);
      const chosen = own.find(({ address }) => address === choice);
      if (chosen !== undefined) this.#take(chosen, resource);
    }
    // The existing state may be one of this stack, from another place: its addresses are the same.
    for (const resource of own) {
      const same = this.#unclaimed(resource.type).find(({ address }) => address === resource.address);
      if (same !== undefined && !this.#matches.has(resource.address)) this.#take(resource, same);
    }
  }

  matchType(type: string): void {
    const rule = ruleOf(type);
    if (rule === undefined) return;
    if (rule.attachedBy !== undefined) this.#round(type, (own) => this.#attached(own, rule));
    for (const key of rule.keys) this.#round(type, (own) => this.#equal(own, key));
    const { weak } = rule;
    if (weak === undefined) return;
    for (const own of this.#pending(type)) {
      const candidates = this.#equal(own, weak);
      if (candidates.length > 0) this.#ambiguous.push({ own, candidates });
    }
  }

  result(): Mapping {
    const unsettled = new Set(this.#ambiguous.map(({ own }) => own));
    const created = this.#own.filter((own) => !this.#matches.has(own.address) && !unsettled.has(own));
    const taken = new Set([...this.#matches.values()].map((match) => match.existing));
    const candidates = new Set(this.#ambiguous.flatMap((ambiguity) => ambiguity.candidates));
    const leftAlone = this.#existing.filter((existing) => !taken.has(existing) && !candidates.has(existing));
    const isTakenBy = (own: OwnResource, existing: ExistingResource) => {
      const rule = ruleOf(own.type);
      const [key] = rule?.keys ?? [];
      return rule?.unique === true && key !== undefined && this.#equalsBy(own, existing, key);
    };
    return {
      takenOver: this.#own.flatMap((own) => this.#matches.get(own.address) ?? []),
      created,
      leftAlone,
      ambiguous: this.#ambiguous,
      nameTaken: created.flatMap((own) =>
        leftAlone.filter((existing) => isTakenBy(own, existing)).map((existing) => ({ own, existing })),
      ),
    };
  }

  /** Matches each resource that has exactly one candidate, if that is not a candidate for another resource as well. */
  #round(type: string, candidatesOf: (own: OwnResource) => readonly ExistingResource[]): void {
    const found = this.#pending(type)
      .map((own) => ({ own, candidates: candidatesOf(own) }))
      .filter(({ candidates }) => candidates.length > 0);
    for (const { own, candidates } of found) {
      const [only, ...others] = candidates;
      const isShared = found.some(
        (other) => other.own !== own && other.candidates.some((one) => one === only),
      );
      if (only !== undefined && others.length === 0 && !isShared) this.#take(own, only);
      else this.#ambiguous.push({ own, candidates });
    }
  }

  #take(own: OwnResource, existing: ExistingResource): void {
    this.#matches.set(own.address, { own, existing });
    this.#claimed.add(existing);
  }

  #pending(type: string): readonly OwnResource[] {
    const unsettled = new Set(this.#ambiguous.map(({ own }) => own));
    return this.#own.filter(
      (own) => own.type === type && !this.#matches.has(own.address) && !unsettled.has(own),
    );
  }

  /** Existing resources of a type, or of its alias. */
  #unclaimed(type: string): readonly ExistingResource[] {
    return this.#existing.filter(
      (existing) => !this.#claimed.has(existing) && valuesAs(type, existing) !== undefined,
    );
  }

  #equal(own: OwnResource, key: readonly string[]): readonly ExistingResource[] {
    return this.#unclaimed(own.type).filter((existing) => this.#equalsBy(own, existing, key));
  }

  #equalsBy(own: OwnResource, existing: ExistingResource, key: readonly string[]): boolean {
    const values = valuesAs(own.type, existing);
    return (
      values !== undefined &&
      key.every((path) => {
        const wanted = this.#valueOf(own, path);
        return wanted !== undefined && wanted === text(valueAt(values, path));
      })
    );
  }

  /** A value that is known before the apply: from the plan, or from the existing resource that the attribute refers to. */
  #valueOf({ values, references }: OwnResource, path: string): string | undefined {
    const known = text(valueAt(values, path));
    if (known !== undefined) return known;
    const reference = references.get(path);
    if (reference === undefined) return undefined;
    return text(this.#matches.get(reference.address)?.existing.values[reference.attribute]);
  }

  /** The existing resource that a matched one is attached to. */
  #attached(own: OwnResource, { attachedBy }: Rule): readonly ExistingResource[] {
    if (attachedBy === undefined) return [];
    const { type, attribute } = attachedBy;
    const ids = this.#own
      .filter((other) => other.type === type && other.references.get(attribute)?.address === own.address)
      .map((other) => text(this.#matches.get(other.address)?.existing.values[attribute]));
    return this.#unclaimed(own.type).filter(({ values }) => {
      const id = text(values["id"]);
      return id !== undefined && ids.includes(id);
    });
  }
}
