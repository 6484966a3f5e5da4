/** The synthesized stack as an object, and its resources by type, for unit tests. */
import type { AppConfig } from "../app.ts";
import { synthesizedText } from "../synthesized-text.ts";

export type Block = Readonly<Record<string, unknown>>;

/** A configuration with defaults for what a test does not set. */
export function config(changes: Partial<AppConfig> = {}): AppConfig {
  return { project: "davidshaevel", region: "us-east-1", ...changes };
}

/** The parsed `cdk.tf.json`. */
export function synthesized(changes?: Partial<AppConfig>): Block {
  return block(JSON.parse(synthesizedText(config(changes))));
}

/** A part of the document that must be an object: `part(document, "variable", "dev_activated")`. */
export function part(document: Block, ...path: readonly string[]): Block {
  return path.reduce<Block>((parent, key) => block(parent[key], key), document);
}

/** Every resource of a type, in the document's order. */
export function resources(document: Block, type: string): Block[] {
  const byName = part(document, "resource")[type];
  return byName === undefined ? [] : Object.values(block(byName)).map((resource) => block(resource));
}

/** The only resource of a type whose path in the stack ends with `path`: `resource(document, "aws_eip", "nat/address-1")`. */
export function resource(document: Block, type: string, path: string): Block {
  const found = resources(document, type).filter((candidate) =>
    String(part(candidate, "//", "metadata")["path"]).endsWith(`/${path}`),
  );
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} ${type} at ${path}`);
  return only;
}

function block(value: unknown, name = "the document"): Block {
  if (!isBlock(value)) throw new Error(`${name} is not an object`);
  return value;
}

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
