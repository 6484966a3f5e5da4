/** Differences between the existing environment and what this stack would create, if a variable of the stack can avoid them. */
import type { Match } from "./match.ts";

export interface Deviation {
  /** Address of the resource in this stack. */
  address: string;
  attribute: string;
  /** The variable that decides the attribute, with the value that keeps what exists: `vpc_cidr=10.9.0.0/16`. */
  keep: string;
  /** The value that the stack would give the attribute. */
  planned: string;
}

/** Every attribute that a variable decides, and whose values differ. */
export function deviationsOf(matches: readonly Match[]): Deviation[] {
  // A resource of another type has other attributes.
  const comparable = matches.filter(({ own, existing }) => own.type === existing.type);
  return comparable.flatMap(({ own, existing }) =>
    [...own.variables].flatMap(([attribute, { name, index }]) => {
      const before = asVariable(existing.values[attribute]);
      const planned = asVariable(own.values[attribute]);
      if (before === undefined || planned === undefined || before === planned) return [];
      const value = index === undefined ? before : listOf(name, comparable);
      return [{ address: own.address, attribute, keep: `${name}=${value}`, planned }];
    }),
  );
}

/** The options `--var` that keep what exists, each once. */
export function keepingVariables(deviations: readonly Deviation[]): string[] {
  return [...new Set(deviations.map(({ keep }) => keep))];
}

/** The value of a variable that is a list, each element from a resource that exists: `["a","b"]`. */
function listOf(variable: string, matches: readonly Match[]): string {
  const elements: string[] = [];
  for (const { own, existing } of matches) {
    for (const [attribute, { name, index }] of own.variables) {
      const value = asVariable(existing.values[attribute]);
      if (name === variable && index !== undefined && value !== undefined) elements[index] = value;
    }
  }
  return JSON.stringify(elements);
}

function asVariable(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return undefined;
}
