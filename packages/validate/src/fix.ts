/** What to do about a problem, as data; its text is made here only. */
import { deployCommand } from "@pilot-light/core/terraform/deploy-command";
import type { Mode } from "./mode.ts";

/** A sentence; where a command follows, it has no period. */
export type Fix =
  | { text: string; command?: string }
  /** The command is the deployment that leaves the environment in its mode. */
  | { text: string; deploy: true };

/** Whether the text of a fix depends on the mode. */
export function dependsOnMode(fix: Fix): boolean {
  return "deploy" in fix;
}

/**
 * `Create the bucket:  pnpm infra:deploy`.
 * @param mode undefined when it is not known: the text then names the command for each mode
 */
export function renderFix(fix: Fix, mode: Mode | undefined): string {
  const command =
    "deploy" in fix ? deployCommand(mode === undefined ? undefined : mode === "active") : fix.command;
  return command === undefined ? fix.text : `${fix.text}:  ${command}`;
}
