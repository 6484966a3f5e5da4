/**
 * The form of a guard: an id, and a pure function that checks facts. A finding stops the command, unless the flag `--allow-<id>` allows it;
 * `--yes` allows nothing. To add a guard, write it in a file of this folder and add it to the list in `index.ts`. The flag, its help, the
 * line in the plan, the refusal and the row in docs/flags.md come from the entry.
 */
import type { OpsError } from "@pilot-light/core/ops-error";
import type { Divergence } from "@pilot-light/sync/divergence";
import type { AccountFindings } from "../../account/index.ts";
import type { Database } from "../../aws/database.ts";
import { againLine, type Given } from "../../journal/command-hints.ts";
import type { FlaggedCommand, GuardedCommand, ModeChangeName } from "../../options.ts";
import type { ProductionAnswer } from "../../preflight/production.ts";
import type { ExpiringDumps } from "../expiring-dumps.ts";
import type { Change, PlanContents } from "../../terraform/changes.ts";
import type { UnknownResource } from "../../terraform/unknown-resources.ts";

/** What the preflight of a mode change or a deployment found. */
export interface GuardFacts {
  command: GuardedCommand;
  options: Given;
  /** Changes of the Terraform plan. */
  changes: readonly Change[];
  /** The plan, with the attributes of its resources. */
  contents?: Pick<PlanContents, "changes" | "before" | "after">;
  /** Folder of the stack, for commands of terraform in hints. */
  stackFolder?: string;
  /** The dumps, if the plan shortens their retention. */
  expiring?: ExpiringDumps;
  /** What AWS will refuse of the plan; only for a command that checks the account. */
  account?: Pick<AccountFindings, "problems">;
  /** Resources of the state that the stack does not define, from an earlier version of the stack. */
  unknown?: readonly UnknownResource[];
  /** Whether the outputs describe an active environment. */
  activeNow: boolean;
  /** Whether the plan leads to an active environment. */
  activeAfter?: boolean;
  /** Only for a deployment: the command of a mode change that has not finished. */
  unfinished?: ModeChangeName | undefined;
  /** Whether the run copies data, and has not done it yet. */
  willSync: boolean;
  /** Null when the run copies nothing, or there is no database yet. */
  divergence: Divergence | null;
  /** Only for a deactivation. */
  production?: ProductionAnswer;
  /** The RDS instance; only for a deactivation. */
  database?: Database | undefined;
  /** Only for an activation: the backend runs or starts. */
  backendMayWrite?: boolean;
  /** Only for an activation: it creates the database, so that no rows can be lost. */
  createsDatabase?: boolean;
}

/** What a guard found. */
export interface Finding {
  /** Why the mode change must not run. */
  refusal: OpsError;
  /** The line of the plan, if a flag allows the finding. */
  note: string;
}

export interface Guard {
  /** The flag is `--allow-<id>`. */
  id: string;
  commands: readonly FlaggedCommand[];
  /** Codes of its refusals. */
  codes: readonly string[];
  /** Undefined for a guard that no flag allows. */
  allow?: {
    /** For `--help`: starts with a verb, without a period. */
    summary: string;
    /** For docs/flags.md: when it is right to give the flag, in a sentence or two. */
    meaning: string;
  };
  /** Pure. Returns nothing if the guard has no objection. */
  check: (facts: GuardFacts) => readonly Finding[];
}

/** Whether the options contain the flag that allows the findings of a guard. */
export function isAllowed({ id, allow }: Guard, options: Pick<Given, "allow">): boolean {
  return allow !== undefined && options.allow.has(id);
}

/** The same command with one more flag, for a hint. */
export function lineAllowing(
  { command, options }: Pick<GuardFacts, "command" | "options">,
  id: string,
): string {
  return againLine(command, { ...options, allow: new Set([...options.allow, id]) });
}
