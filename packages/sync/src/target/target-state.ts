/** The state in which earlier syncs and undos left a target. It follows from names and OIDs of databases: a swap changes only names. */
import { withState, type OpsError } from "@pilot-light/core/ops-error";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";
import { syncInterrupted, targetUnclear } from "../errors.ts";
import { isStaging, readPreviousName, type PreviousKind } from "./database-names.ts";

/** A database that had the target's name. */
export interface PreviousTarget {
  name: string;
  oid: number;
  kind: PreviousKind;
  /** OID of the database that replaced it. */
  successor: number;
  /** Whether it accepts connections: an undo opens it before it closes the target. */
  open: boolean;
}

/** The databases of a target's server that belong to the target. */
export interface TargetState {
  /**
   * `intact`: there is nothing to repair. `closed`: a sync or an undo was killed after it had closed the target. `nameless`: a sync or an undo
   * was killed between its two renames; `previous` is the target. `recreated`: the database with the target's name is not the one that
   * replaced `stranger`, so a person created or renamed it. `unclear`: several databases may be the target.
   */
  kind: "intact" | "closed" | "nameless" | "recreated" | "unclear";
  /** The database to which `sync undo` returns; for `nameless`, the target under the name that it has now. */
  previous: PreviousTarget | undefined;
  /** A previous target that the present target has not replaced. */
  stranger?: PreviousTarget;
  /** All previous targets that the server has. */
  allPrevious: readonly PreviousTarget[];
  /** Staging databases of killed syncs. */
  staging: readonly string[];
}

interface DatabaseRow {
  oid: number;
  name: string;
  open: boolean;
}

/** Reads the state. Changes nothing. The role need not own the target: then it can only replace the contents in place. */
export async function readTargetState(maintenance: Session, live: string): Promise<TargetState> {
  const rows = await maintenance.query<{ oid: string; name: string; open: boolean }>(
    `select oid::text, datname::text as name, datallowconn as open from pg_catalog.pg_database
      where pg_catalog.pg_has_role(datdba, 'usage') or datname = $1 order by datname`,
    [live],
  );
  return deriveTargetState(
    rows.map((row) => ({ ...row, oid: Number(row.oid) })),
    live,
  );
}

/** Derives the state from a list of databases. Pure. */
export function deriveTargetState(databases: readonly DatabaseRow[], live: string): TargetState {
  const target = databases.find(({ name }) => name === live);
  const staging = databases.map(({ name }) => name).filter((name) => isStaging(name, live));
  const allPrevious = databases.flatMap(({ oid, name, open }): PreviousTarget[] => {
    const read = readPreviousName(name, live);
    return read === undefined ? [] : [{ oid, name, open, ...read }];
  });
  // Each previous target was replaced by the next one, and the last one by the target itself. An undone database is kept for longer than its
  // successor, so its successor may no longer exist.
  const last = allPrevious.filter(
    ({ kind, successor }) => kind === "replaced" && !allPrevious.some(({ oid }) => oid === successor),
  );
  // If an undo was killed between its two renames, the successors form a ring, and the database with the newest name is the target.
  const ring = allPrevious.filter((each) => leadsBack(each, allPrevious)).at(-1);
  if (target === undefined) {
    const candidates = [...last, ...(ring === undefined ? [] : [ring])];
    // A person may have recreated the target before the killed sync. The staging database of this sync still exists.
    const replacing = candidates.filter(({ successor }) => databases.some(({ oid }) => oid === successor));
    const [previous, ...others] = replacing.length === 1 ? replacing : candidates;
    const kind = previous === undefined ? "intact" : others.length === 0 ? "nameless" : "unclear";
    return { kind, previous, allPrevious, staging };
  }
  const previous = allPrevious.filter(({ successor }) => successor === target.oid).at(-1);
  // A target that a person closed must remain closed. A killed sync leaves a staging database as well, and a killed undo leaves the previous
  // target open.
  const isKilled = staging.length > 0 || previous?.open === true;
  if (!target.open && isKilled) return { kind: "closed", previous, allPrevious, staging };
  const stranger = last.find(({ successor }) => successor !== target.oid) ?? ring;
  if (stranger !== undefined) return { kind: "recreated", previous, stranger, allPrevious, staging };
  return { kind: "intact", previous, allPrevious, staging };
}

/** Whether the successors of a previous target lead back to it. */
function leadsBack(start: PreviousTarget, all: readonly PreviousTarget[]): boolean {
  const seen = new Set<PreviousTarget>();
  for (let at: PreviousTarget | undefined = start; at !== undefined && !seen.has(at);) {
    seen.add(at);
    const { successor }: PreviousTarget = at;
    if (successor === start.oid) return true;
    at = all.find(({ oid }) => oid === successor);
  }
  return false;
}

/**
 * Names of the previous targets that a sync may drop at its end: an earlier sync dumped each of them before the swap. If a person recreated the
 * target, the list is empty: nobody has decided which database is the right one.
 */
export function replacedTargets({ kind: state, allPrevious }: TargetState): string[] {
  if (state === "recreated") return [];
  return allPrevious.filter(({ kind }) => kind === "replaced").map(({ name }) => name);
}

/** Names of the undone databases: no dump of them exists, so no sync drops them. */
export function undoneTargets({ allPrevious }: TargetState): string[] {
  return allPrevious.filter(({ kind }) => kind === "undone").map(({ name }) => name);
}

/**
 * Repairs a target that a killed run left closed or without its name. Needs the lock.
 * @returns what it did, as a sentence; undefined if there was nothing to repair
 * @throws OpsError TARGET_UNCLEAR (precondition). Any other error has the state `unknown`: the repair may have failed, or only the answer
 *   was lost
 */
export async function repair(
  maintenance: Session,
  live: string,
  state: TargetState,
): Promise<string | undefined> {
  const { kind, previous } = state;
  if (kind === "unclear") throw unclear(live, state);
  if (kind === "intact" || kind === "recreated") return undefined;
  try {
    if (kind === "nameless" && previous !== undefined) {
      await maintenance.query(`alter database ${ident(previous.name)} rename to ${ident(live)}`);
    }
    await maintenance.query(`alter database ${ident(live)} allow_connections true`);
    const opened = openedByUndo(state);
    if (opened !== undefined) {
      await maintenance.query(`alter database ${ident(opened.name)} allow_connections false`);
    }
  } catch (error) {
    throw withState(error, "unknown");
  }
  return kind === "closed"
    ? `an interrupted sync or undo had closed ${live}: it is open again`
    : `an interrupted sync or undo had renamed ${live} to ${previous?.name ?? ""}: it has the name ${live} again`;
}

/** The database to which a killed undo was returning, if the undo had opened it. */
function openedByUndo({ kind, previous, allPrevious }: TargetState): PreviousTarget | undefined {
  const incoming = kind === "closed" ? previous : allPrevious.find(({ oid }) => oid === previous?.successor);
  return incoming?.open === true ? incoming : undefined;
}

/**
 * The refusal of a dry run or of a mode change if the target needs a repair. Its hint names the undo: to run the refused command again would
 * not repair the target.
 */
export function needsRepair(
  { database: live, system }: Pick<Endpoint, "database" | "system">,
  state: TargetState,
): OpsError | undefined {
  if (state.kind === "intact" || state.kind === "recreated") return undefined;
  if (state.kind === "unclear") return unclear(live, state);
  return syncInterrupted({ live, system, name: state.kind === "closed" ? undefined : state.previous?.name });
}

/** The error for a target that may be the wrong database. */
export function unclear(live: string, { previous, stranger, allPrevious }: TargetState): OpsError {
  const name = (stranger ?? previous)?.name ?? "";
  return targetUnclear({ live, name, previous: allPrevious.map((each) => each.name) });
}
