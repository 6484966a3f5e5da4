/** What to do about a problem, as data. Only `renderFix` turns it into text. */
import { deployCommand } from "@pilot-light/core/terraform/deploy-command";

/** A sentence, without a period if a command follows. */
export type Fix =
  | { text: string; command?: string }
  /** The command is the deployment, which keeps the mode of the environment. */
  | { text: string; deploy: true };

/** `Create the bucket:  pnpm infra:deploy`. */
export function renderFix(fix: Fix): string {
  const command = "deploy" in fix ? deployCommand : fix.command;
  return command === undefined ? fix.text : `${fix.text}:  ${command}`;
}
