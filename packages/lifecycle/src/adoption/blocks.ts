/** The blocks of Terraform that carry out an adoption: `import`, `moved` and `removed`. */
import type { ExistingResource } from "./existing-state.ts";
import { valuesAs, type Mapping, type Match } from "./match.ts";
import { ruleOf } from "./rules.ts";

/** A resource that exists, and that Terraform takes into the state of this stack by its id. */
export interface Import {
  to: string;
  id: string;
}

/** The id by which Terraform imports an existing resource; undefined when the state does not contain it. */
export function importIdOf({ own, existing }: Match): string | undefined {
  const values = valuesAs(own.type, existing);
  return values === undefined ? undefined : ruleOf(own.type)?.importId(values);
}

/** For a separate state: every resource is imported. */
export function importBlocks(imports: readonly Import[]): string {
  return imports.map(({ to, id }) => `import {\n  to = ${to}\n  id = ${quoted(id)}\n}\n`).join("\n");
}

/**
 * For a state that other code has written, and that this stack takes over as it is. Terraform forgets the resources that this stack does not
 * use, and deletes none. It cannot move a resource of an older type: it forgets the resource and imports it again.
 */
export function blocksInPlace({ takenOver, leftAlone }: Pick<Mapping, "takenOver" | "leftAlone">): string {
  const isMoved = ({ own, existing }: Match) => own.type === existing.type;
  const moved = takenOver
    .filter((match) => isMoved(match) && match.own.address !== match.existing.address)
    .map(({ own, existing }) => `moved {\n  from = ${existing.address}\n  to   = ${own.address}\n}\n`);
  const retyped = takenOver.filter((match) => !isMoved(match));
  const imports = retyped.flatMap((match) => {
    const id = importIdOf(match);
    return id === undefined ? [] : [{ to: match.own.address, id }];
  });
  const forgotten = [...leftAlone, ...retyped.map(({ existing }) => existing)];
  return [...moved, importBlocks(imports), removedBlocks(forgotten)].filter((part) => part !== "").join("\n");
}

/** Terraform forgets the resources and does not delete them. A `removed` block names no index: it applies to all instances. */
export function removedBlocks(resources: readonly ExistingResource[]): string {
  const blocks = [...new Set(resources.map(({ block }) => block))];
  return blocks
    .map((block) => `removed {\n  from = ${block}\n\n  lifecycle {\n    destroy = false\n  }\n}\n`)
    .join("\n");
}

/** The instances to remove from a block of which this stack takes over only some: a `removed` block would remove all of them. */
export function partlyTakenOver({
  takenOver,
  leftAlone,
}: Pick<Mapping, "takenOver" | "leftAlone">): ExistingResource[] {
  const kept = new Set(leftAlone.map(({ block }) => block));
  return takenOver.map(({ existing }) => existing).filter(({ block }) => kept.has(block));
}

/** A string of HCL. */
function quoted(value: string): string {
  return JSON.stringify(value).replaceAll(/[$%](?=\{)/g, "$&$&");
}
