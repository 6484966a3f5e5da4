/**
 * The synthesized Terraform, committed for a Terraform Cloud workspace that is connected to the repository: its runs have
 * Terraform, but not CDKTF. A copy that is older than the code is an error.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resourceNames } from "@pilot-light/core/contract";
import type { AppConfig } from "./app.ts";
import { committedMissing, committedStale } from "./errors.ts";
import { synthesizedText } from "./synthesized-text.ts";

/** Contains one folder for each stack: the working directory of its workspace. */
const committedFolder = join(import.meta.dirname, "..", "terraform-cloud");

const fileName = "cdk.tf.json";

/** The AWS provider with which the tests deploy, and its hash for the machines of Terraform Cloud (linux_amd64). */
const providerLock = join(import.meta.dirname, "..", "provider.lock.hcl");
const lockName = ".terraform.lock.hcl";

export type CommittedConfig = Pick<AppConfig, "project" | "region">;

/** The synthesized document without its backend: Terraform Cloud itself stores the state. */
export function committedText(config: CommittedConfig): string {
  return synthesizedText(config).replace(/^ {4}"backend": \{\n(?: {6,}.*\n)+ {4}\},\n/m, "");
}

/** Writes the copy of a stack, and the lock of the provider if there is none; returns the path of the copy. */
export function writeCommitted(config: CommittedConfig, folder = committedFolder): string {
  const directory = join(folder, resourceNames(config.project).stack);
  mkdirSync(directory, { recursive: true });
  const file = join(directory, fileName);
  writeFileSync(file, committedText(config));
  // A person may have locked another version, or added other platforms.
  if (!existsSync(join(directory, lockName))) copyFileSync(providerLock, join(directory, lockName));
  return file;
}

/**
 * Synthesizes every committed stack again; returns the number of stacks. Other files in the folder do not matter.
 * @param project its stack must be among them
 * @throws OpsError COMMITTED_MISSING, COMMITTED_STALE (problems) with the files
 */
export function checkCommitted(project: string, folder = committedFolder): number {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const stacks = names.filter((name) => existsSync(join(folder, name, fileName)));
  const { stack: own } = resourceNames(project);
  if (!stacks.includes(own)) throw committedMissing({ file: join(folder, own, fileName) });
  const stale = stacks.filter((stack) => {
    const text = readFileSync(join(folder, stack, fileName), "utf8");
    const [, project = ""] = /"project_name": \{[^}]*"value": "([^"]*)"/.exec(text) ?? [];
    const [, region = ""] = /"aws_region": \{[^}]*"value": "([^"]*)"/.exec(text) ?? [];
    return committedText({ project, region }) !== text;
  });
  if (stale.length === 0) return stacks.length;
  throw committedStale({ files: stale.map((stack) => join(folder, stack, fileName)) });
}
