/** Differences between the existing environment and what this stack would create. */
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

/** What a change in place leads to, where the plan shows only the attribute: by type and attribute. */
const consequences: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  aws_db_instance: {
    db_subnet_group_name:
      "RDS moves the database to another VPC. For some minutes, it accepts no connections",
    manage_master_user_password:
      "RDS gives the master user another password. What uses the present password can no longer connect",
    storage_type:
      "RDS converts the storage, which takes hours. Until then, it cannot change the storage again",
  },
};

/** What the plan leads to beyond its attributes, in sentences. No variable avoids it. */
export function consequencesOf(matches: readonly Match[]): string[] {
  return matches.flatMap(({ own, existing }) =>
    Object.entries(consequences[own.type] ?? {}).flatMap(([attribute, consequence]) => {
      const planned = asVariable(own.values[attribute]);
      if (planned === undefined || planned === asVariable(existing.values[attribute])) return [];
      return [`${own.address}: ${attribute} becomes ${planned}. ${consequence}.`];
    }),
  );
}

function asVariable(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return undefined;
}
