/** The state in which earlier syncs left a target. The OIDs of databases identify it, since a swap changes the names. */
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
   * `intact`: there is nothing to repair. `closed`: a sync or an undo was killed after it had closed the target. `nameless`: one was
   * killed between its two renames; `previous` is the target. `recreated`: the database with the target's name is not the one that
   * replaced `stranger`: a person created or renamed it. `unclear`: several databases may be the target.
   */
  kind: "intact" | "closed" | "nameless" | "recreated" | "unclear";
  /** The database that `sync undo` returns to, or the one that has lost its name. */
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

/** The state that a list of databases means. Pure. */
export function deriveTargetState(databases: readonly DatabaseRow[], live: string): TargetState {
  const target = databases.find(({ name }) => name === live);
  const staging = databases.map(({ name }) => name).filter((name) => isStaging(name, live));
  const allPrevious = databases.flatMap(({ oid, name, open }): PreviousTarget[] => {
    const read = readPreviousName(name, live);
    return read === undefined ? [] : [{ oid, name, open, ...read }];
  });
  // Each was replaced by the next one, and the last one by the target itself. A database that an undo replaced is kept for longer
  // than its successor, so its successor may no longer exist.
  const last = allPrevious.filter(
    ({ kind, successor }) => kind === "replaced" && !allPrevious.some(({ oid }) => oid === successor),
  );
  // An undo that was killed between its two renames leaves a ring: the newest name is the target's.
  const ring = allPrevious.filter((each) => leadsBack(each, allPrevious)).at(-1);
  if (target === undefined) {
    const candidates = [...last, ...(ring === undefined ? [] : [ring])];
    // A person may have recreated the target before the sync that was killed: that sync's staging database still exists.
    const replacing = candidates.filter(({ successor }) => databases.some(({ oid }) => oid === successor));
    const [previous, ...others] = replacing.length === 1 ? replacing : candidates;
    const kind = previous === undefined ? "intact" : others.length === 0 ? "nameless" : "unclear";
    return { kind, previous, allPrevious, staging };
  }
  const previous = allPrevious.filter(({ successor }) => successor === target.oid).at(-1);
  // A target that a person closed remains closed: a sync that was killed leaves a staging database as well, and an undo has opened
  // the database that it returns to.
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
 * Names of the previous targets that a sync may drop at its end: an earlier sync dumped each before it replaced it. None while the target
 * is one that a person recreated: nobody has decided which database is the right one.
 */
export function replacedTargets({ kind: state, allPrevious }: TargetState): string[] {
  if (state === "recreated") return [];
  return allPrevious.filter(({ kind }) => kind === "replaced").map(({ name }) => name);
}

/** Names of the previous targets that an undo replaced: no dump of them exists, so no sync drops them. */
export function undoneTargets({ allPrevious }: TargetState): string[] {
  return allPrevious.filter(({ kind }) => kind === "undone").map(({ name }) => name);
}

/**
 * Repairs a target that a killed sync left. Needs the lock.
 * @returns what it did, as a sentence; undefined when there was nothing to repair
 * @throws OpsError TARGET_UNCLEAR (precondition). Any other error has the state `unknown`: the target is still not repaired, or
 *   it is, and only the answer was lost
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

/** The database that a killed undo was returning to, if the undo had opened it. */
function openedByUndo({ kind, previous, allPrevious }: TargetState): PreviousTarget | undefined {
  const incoming = kind === "closed" ? previous : allPrevious.find(({ oid }) => oid === previous?.successor);
  return incoming?.open === true ? incoming : undefined;
}

/**
 * The refusal of a command that changes nothing, for a target that `repair` would repair. Its hint names the undo, since a mode
 * change refuses as well, and running it again would repair nothing.
 */
export function needsRepair(
  { database: live, system }: Pick<Endpoint, "database" | "system">,
  state: TargetState,
): OpsError | undefined {
  if (state.kind === "intact" || state.kind === "recreated") return undefined;
  if (state.kind === "unclear") return unclear(live, state);
  return syncInterrupted({ live, system, name: state.kind === "closed" ? undefined : state.previous?.name });
}

/** The error for a target of which nobody knows whether it is the right database. */
export function unclear(live: string, { previous, stranger, allPrevious }: TargetState): OpsError {
  const name = (stranger ?? previous)?.name ?? "";
  return targetUnclear({ live, name, previous: allPrevious.map((each) => each.name) });
}
