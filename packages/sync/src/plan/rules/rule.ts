/**
 * What a preflight rule is: an entry with an id, the errors that it refuses with, and a pure function that checks facts. To add a
 * rule, write it in a file of this folder and add it to the list in `index.ts`.
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

/** Options that do without what a rule refuses. */
export type OtherwiseOption = "in-place" | "drop-previous-first";

/** What a rule found. */
export type Finding =
  /** The sync must not run. With the option `otherwise`, nothing would be refused. */
  | { refusal: OpsError; otherwise?: OtherwiseOption }
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

/** What is known once both databases have been inspected. */
export interface DatabasesFacts {
  direction: Direction;
  source: SideFacts;
  target: SideFacts;
  /** Whether the target is dumped before it is replaced. */
  targetBackup: boolean;
  /** Number of jobs that were asked for. */
  jobs: number;
  /** What earlier syncs left on the target's server. */
  targetState: TargetState;
  privileges: PrivilegeFacts;
  /** Undefined where it was not read. */
  room?: RoomFacts;
  /** With `--in-place`: what the target's transaction depends on. */
  inPlace?: InPlaceFacts;
  /** With `--schema`: what it chooses of the source, whose facts are those of the chosen part. */
  scope?: Scope | undefined;
  /** Of a restore: the dump, whose facts are those of the source. */
  dump?: { uri: string; clientVersion: string };
}

/** How much room the target's server has. */
export interface RoomFacts {
  /** Bytes; undefined where nobody tells. */
  free: number | undefined;
  /** Who tells it. */
  toldBy: string;
  /** Why it is not known, where somebody should have told it. */
  unknown?: string;
  /** Bytes of the previous targets that a sync drops. */
  previousBytes: number;
  /** They are dropped first. */
  dropPreviousFirst: boolean;
}

/** What is known of a target whose contents are replaced in place. */
export interface InPlaceFacts {
  /** Objects that would have to be dropped, and that the role may not drop. */
  undroppable: readonly { name: string; owner: string }[];
  /** Extensions of the platform: they stay. */
  staying: readonly string[];
  /** Publications that name tables or schemas: dropping these takes them out. */
  publications: readonly string[];
  /** What the role lacks of the privileges CREATE and TEMPORARY on the database. */
  lacking: readonly string[];
  /** Locks of one transaction that drops all objects, and for how many the server has room at least. */
  locks: { needed: number; room: number };
  /** The copy gets a mark, or the target has one: only the owner of the database may change it. */
  changesMark: boolean;
}

/** Owners and privileges of both sides. */
export interface PrivilegeFacts {
  source: Privileges;
  target: Privileges;
  /** Roles of the target's server. */
  roles: Roles;
}

/** What is known once the rows are counted. A sync checks these rules twice: for the plan, and again for the dump's snapshot. */
export interface RowsFacts {
  direction: Direction;
  sourceRows: RowCounts;
  targetRows: RowCounts;
  /** What the filter of this sync leaves out of the source. */
  filtered?: Filter | undefined;
  /** Of a source that is not complete: a filter leaves something out, or left it out when the dump was made. */
  incomplete?: IncompleteSource | undefined;
}

/** What a source lacks because of a filter, and the target that it would replace. */
export interface IncompleteSource {
  filters: Filters;
  /** Groups of tables without any row. */
  emptiedGroups: ReadonlySet<string>;
  target: Pick<DatabaseFacts, "database" | "mark">;
}

/** A flag that allows what a rule refuses. The option, its help, the plan's line and docs/flags.md come from this entry. */
export interface Allowance<Option extends string = string> {
  /** Name of the option, without dashes: "allow-shrink". */
  option: Option;
  /** For `--help`: starts with the verb of the command, without a period. */
  describe: string;
  /** For docs/flags.md: when it is right to give the flag, in a sentence or two. */
  meaning: string;
}

interface RuleEntry<Facts, Option extends string> {
  id: string;
  /** The errors of its refusals, for the register. */
  errors?: Readonly<Record<string, RegisteredError<never>>>;
  allow?: Allowance<Option>;
  /** Pure. Without findings there is nothing to report. */
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
