/** For unit tests: the stack synthesized into a temporary directory, and its resources by type. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resourceNames } from "@pilot-light/core/contract";
import { synthesize } from "../app.ts";

export type Block = Readonly<Record<string, unknown>>;

/** The text of `cdk.tf.json` for a project. */
export function synthesizedText(project = "davidshaevel", region = "us-east-1"): string {
  const outdir = mkdtempSync(join(tmpdir(), "infra-synth-"));
  try {
    synthesize({ project, region, outdir });
    return readFileSync(join(outdir, "stacks", resourceNames(project).stack, "cdk.tf.json"), "utf8");
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The parsed `cdk.tf.json`. */
export function synthesized(project?: string, region?: string): Block {
  return block(JSON.parse(synthesizedText(project, region)));
}

/** A part of the document that must be an object: `part(document, "variable", "dev_activated")`. */
export function part(document: Block, ...path: readonly string[]): Block {
  return path.reduce<Block>((parent, key) => block(parent[key], key), document);
}

/** Every resource of a type, in the document's order; none when there is none. */
export function resources(document: Block, type: string): Block[] {
  const byName = part(document, "resource")[type];
  return byName === undefined ? [] : Object.values(block(byName)).map((resource) => block(resource));
}

function block(value: unknown, name = "the document"): Block {
  if (!isBlock(value)) throw new Error(`${name} is no object`);
  return value;
}

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
