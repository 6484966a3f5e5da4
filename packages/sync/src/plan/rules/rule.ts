/**
 * The types of preflight rules. A rule is an entry with an id, its errors, and a pure function that checks facts. To add a rule, write it in a
 * file of this folder and add it to the list in `index.ts`.
 */
import type { OpsError, RegisteredError } from "@pilot-light/core/ops-error";
import type { DataTable } from "@pilot-light/core/inventory/tables";
import type { Direction } from "../../direction.ts";
import type { DatabaseFacts } from "../../read/database-facts.ts";
import type { Filters } from "../../read/copy-mark.ts";
import type { Filter } from "../../read/filter.ts";
import type { Scope } from "../../read/scope.ts";
import type { RowCounts } from "../../read/inventory.ts";
import type { Privileges, Roles } from "../../target/privileges.ts";
import type { TargetState } from "../../target/target-state.ts";

/** Options that avoid a refusal: the sync then works in another way. */
export type AvoidingOption = "in-place" | "drop-previous-first";

/** What a rule found. */
export type Finding =
  /** The sync must not run. With the option `avoidedBy`, the rule would not refuse it. */
  | { refusal: OpsError; avoidedBy?: AvoidingOption }
  /** A sentence for the plan. */
  | { note: string }
  /** An extension of the source that the sync leaves out. */
  | { skippedExtension: string }
  /** The sync uses no more than this number of jobs. */
  | { jobs: number };

/** One side, as the rules see it. */
export interface SideFacts {
  facts: DatabaseFacts;
  tables: readonly DataTable[];
}

/** The facts about both databases. */
export interface DatabasesFacts {
  direction: Direction;
  source: SideFacts;
  target: SideFacts;
  /** Whether the target is dumped before it is replaced. */
  targetBackup: boolean;
  /** The given number of jobs. */
  jobs: number;
  /** What earlier syncs left on the target's server. */
  targetState: TargetState;
  privileges: PrivilegeFacts;
  /** Undefined if it was not read. */
  room?: RoomFacts;
  /** With `--in-place`: what the target's transaction depends on. */
  inPlace?: InPlaceFacts;
  /** With `--schema`: the chosen part of the source. The facts of the source describe only this part. */
  scope?: Scope | undefined;
  /** For a restore: the dump. The facts of the source describe the dump. */
  dump?: { uri: string; clientVersion: string };
}

/** How much room the target's server has. */
export interface RoomFacts {
  /** Bytes; undefined if no service reports them. */
  free: number | undefined;
  /** The service or the setting that reports it, for people. */
  reportedBy: string;
  /** Why the service that should report it did not. */
  unknown?: string;
  /** Bytes of the previous targets that a sync drops. */
  previousBytes: number;
  /** Whether the sync drops them before it copies. */
  dropPreviousFirst: boolean;
}

/** Facts about a target whose contents are replaced in place. */
export interface InPlaceFacts {
  /** Objects that would have to be dropped, and that the role may not drop. */
  undroppable: readonly { name: string; owner: string }[];
  /** Extensions of the platform, which the target keeps. */
  staying: readonly string[];
  /** Publications that name tables or schemas, which they lose when the tables are dropped. */
  publications: readonly string[];
  /** Those of the privileges CREATE and TEMPORARY on the database that the role lacks. */
  lacking: readonly string[];
  /** Locks that the transaction takes, and locks that the server guarantees. */
  locks: { needed: number; room: number };
  /** Whether the sync changes the mark of the target, which only the owner of the database may do. */
  changesMark: boolean;
}

/** Owners and privileges of both sides. */
export interface PrivilegeFacts {
  source: Privileges;
  target: Privileges;
  /** Roles of the target's server. */
  roles: Roles;
}

/** The facts about numbers of rows. A sync checks these rules twice: for the plan, and again in the snapshot of the dump. */
export interface RowsFacts {
  direction: Direction;
  sourceRows: RowCounts;
  targetRows: RowCounts;
  /** What the filter of this sync leaves out of the source. */
  filtered?: Filter | undefined;
  /** Set if the source is not complete: a filter of this sync leaves something out, or an earlier one did when the dump was made. */
  incomplete?: IncompleteSource | undefined;
}

/** What a source lacks because of a filter, and the target that it would replace. */
export interface IncompleteSource {
  filters: Filters;
  /** Groups of tables whose rows were left out. */
  emptiedGroups: ReadonlySet<string>;
  target: Pick<DatabaseFacts, "database" | "mark">;
}

/** A flag that allows what a rule refuses. The option, its help, the plan's line and docs/flags.md come from this entry. */
export interface Allowance<Option extends string = string> {
  /** Name of the option, without dashes: "allow-shrink". */
  option: Option;
  /** The text for `--help`. It starts with the verb of the command and has no period. */
  describe: string;
  /** The text for docs/flags.md: in which case to give the flag, in one or two sentences. */
  meaning: string;
}

interface RuleEntry<Facts, Option extends string> {
  id: string;
  /** The errors of its refusals, for the registry. */
  errors?: Readonly<Record<string, RegisteredError<never>>>;
  allow?: Allowance<Option>;
  /** Checks the facts. Returns no finding if everything is as the rule states. Pure. */
  check: (facts: Facts) => readonly Finding[];
}

/** A rule about two databases. `Option` is the flag that allows its refusals, if there is one. */
export interface DatabasesRule<Option extends string = never> extends RuleEntry<DatabasesFacts, Option> {
  needs: "databases";
}

/** A rule about numbers of rows. */
export interface RowsRule<Option extends string = never> extends RuleEntry<RowsFacts, Option> {
  needs: "rows";
}

export type Rule<Option extends string = string> = DatabasesRule<Option> | RowsRule<Option>;

/** The databases that a sync dumps. */
export function dumpedSides({ direction, source, target, targetBackup }: DatabasesFacts) {
  return [
    { system: direction.source, side: source, isTarget: false },
    ...(targetBackup ? [{ system: direction.target, side: target, isTarget: true }] : []),
  ];
}
