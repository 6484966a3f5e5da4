/**
 * The synthesized Terraform that is committed for a workspace of Terraform Cloud that follows the repository: such a run
 * has Terraform only, not CDKTF. A copy that is older than the code is an error.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resourceNames } from "@pilot-light/core/contract";
import { OpsError } from "@pilot-light/core/ops-error";
import type { AppConfig } from "./app.ts";
import { synthesizedText } from "./synthesized-text.ts";

/** Of the committed copies, one folder for each stack: the workspace's working directory. */
const committedFolder = join(import.meta.dirname, "..", "terraform-cloud");

const fileName = "cdk.tf.json";

export type CommittedConfig = Pick<AppConfig, "project" | "region">;

/** What is committed: what is synthesized, without the state's place, which Terraform Cloud decides itself. */
export function committedText(config: CommittedConfig): string {
  return synthesizedText(config).replace(/^ {4}"backend": \{\n(?: {6,}.*\n)+ {4}\},\n/m, "");
}

/** Writes the copy of a stack; returns its file. */
export function writeCommitted(config: CommittedConfig, folder = committedFolder): string {
  const directory = join(folder, resourceNames(config.project).stack);
  mkdirSync(directory, { recursive: true });
  const file = join(directory, fileName);
  writeFileSync(file, committedText(config));
  return file;
}

/**
 * Synthesizes every committed stack again; returns how many there are.
 * @throws OpsError COMMITTED_STALE (problems) with the files that differ.
 */
export function checkCommitted(folder = committedFolder): number {
  const stacks = existsSync(folder) ? readdirSync(folder) : [];
  const stale = stacks.filter((stack) => {
    const text = readFileSync(join(folder, stack, fileName), "utf8");
    const [, project = ""] = /"project_name": \{[^}]*"value": "([^"]*)"/.exec(text) ?? [];
    const [, region = ""] = /"aws_region": \{[^}]*"value": "([^"]*)"/.exec(text) ?? [];
    return committedText({ project, region }) !== text;
  });
  if (stale.length === 0) return stacks.length;
  throw new OpsError(
    "problems",
    "COMMITTED_STALE",
    "The synthesized Terraform that is committed is older than the code.",
    {
      details: stale.map((stack) => join(folder, stack, fileName)),
      hint: "Write it again and commit it:  pnpm infra:commit",
    },
  );
}
