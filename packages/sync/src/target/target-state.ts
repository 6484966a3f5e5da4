/** In which state earlier syncs left a target: told by the OIDs of databases, since names are what changes. */
import { OpsError } from "@pilot-light/core/ops-error";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";
import { isStaging, readFormerName, type FormerKind } from "./database-names.ts";

/** A database that had the target's name. */
export interface Former {
  name: string;
  oid: number;
  kind: FormerKind;
  /** OID of the database that took its place. */
  successor: number;
}

/** What is there beside the target. */
export interface TargetState {
  /**
   * `whole`: nothing to do. `closed`: a sync was killed after it had closed the target. `nameless`: one was killed between
   * the two changes of names; `former` is the target. `unclear`: the database with the target's name is not the one that
   * took `former`'s place.
   */
  kind: "whole" | "closed" | "nameless" | "unclear";
  /** What `sync undo` goes back to, or what has lost its name: the last former target. */
  former: Former | undefined;
  /** All former targets. */
  formers: readonly Former[];
  /** Staging databases of killed syncs. */
  staging: readonly string[];
}

interface DatabaseRow {
  oid: number;
  name: string;
  open: boolean;
}

/** Reads the state. Changes nothing. */
export async function readTargetState(maintenance: Session, live: string): Promise<TargetState> {
  const rows = await maintenance.query<{ oid: string; name: string; open: boolean }>(
    `select oid::text, datname::text as name, datallowconn as open from pg_catalog.pg_database
      where pg_catalog.pg_has_role(datdba, 'usage') order by datname`,
  );
  return judgeState(
    rows.map((row) => ({ ...row, oid: Number(row.oid) })),
    live,
  );
}

/** The state that a list of databases means. */
export function judgeState(databases: readonly DatabaseRow[], live: string): TargetState {
  const target = databases.find(({ name }) => name === live);
  const staging = databases.map(({ name }) => name).filter((name) => isStaging(name, live));
  const formers = databases.flatMap(({ oid, name }): Former[] => {
    const read = readFormerName(name, live);
    return read === undefined ? [] : [{ oid, name, ...read }];
  });
  // Each was replaced by the next; the last one by the target itself. What an undo put aside stays for longer than its
  // successor, so it may well point to nothing.
  const last = formers.filter(
    ({ kind, successor }) => kind === "replaced" && !formers.some(({ oid }) => oid === successor),
  );
  // An undo that was killed between the two changes of names leaves a ring: the newest name is the target's.
  const ring = formers.filter((former) => leadsBack(former, formers)).at(-1);
  if (target === undefined) {
    const [former, ...others] = [...last, ...(ring === undefined ? [] : [ring])];
    const kind = former === undefined ? "whole" : others.length === 0 ? "nameless" : "unclear";
    return { kind, former, formers, staging };
  }
  const strange = last.find(({ successor }) => successor !== target.oid) ?? ring;
  if (strange !== undefined) return { kind: "unclear", former: strange, formers, staging };
  const former = formers.filter(({ successor }) => successor === target.oid).at(-1);
  // Closed by hand it stays closed: only a sync that was under way leaves a staging database as well.
  return { kind: !target.open && staging.length > 0 ? "closed" : "whole", former, formers, staging };
}

/** Whether the successors of a former target lead back to it. */
function leadsBack(start: Former, formers: readonly Former[]): boolean {
  const seen = new Set<Former>();
  for (let at: Former | undefined = start; at !== undefined && !seen.has(at);) {
    seen.add(at);
    const { successor }: Former = at;
    if (successor === start.oid) return true;
    at = formers.find(({ oid }) => oid === successor);
  }
  return false;
}

/** Names of the former targets that a sync may drop once it is done: each was dumped before it was replaced. */
export function replacedTargets({ formers }: TargetState): string[] {
  return formers.filter(({ kind }) => kind === "replaced").map(({ name }) => name);
}

/** What a plan says about the former targets. */
export function noteFormers(state: TargetState): string[] {
  const undone = state.formers.filter(({ kind }) => kind === "undone");
  return [
    ...replacedTargets(state).map((name) => `the former target ${name} will be dropped at the end`),
    ...undone.map(
      ({ name }) =>
        `${name}, which \`sync undo\` put aside, stays: no dump of it exists. When nobody needs it:  drop database ${ident(name)};`,
    ),
  ];
}

/**
 * Puts right what a killed sync left. Needs the lock.
 * @returns what was done, for people; undefined when there was nothing to do
 * @throws OpsError TARGET_UNCLEAR (precondition)
 */
export async function repair(
  maintenance: Session,
  live: string,
  state: TargetState,
): Promise<string | undefined> {
  const { kind, former } = state;
  if (kind === "unclear") throw unclear(live, state);
  if (kind === "whole") return undefined;
  if (kind === "nameless" && former !== undefined) {
    await maintenance.query(`alter database ${ident(former.name)} rename to ${ident(live)}`);
  }
  await maintenance.query(`alter database ${ident(live)} allow_connections true`);
  return kind === "closed"
    ? `an interrupted sync had closed ${live}: opened again`
    : `an interrupted sync had left ${live} without its name: ${former?.name ?? ""} has it again`;
}

/**
 * The refusal of what changes nothing where `repair` would have something to do. The hint is true wherever it shows: a
 * switch looks at a sync first as well, so the same command may never come to repair anything.
 */
export function needsRepair(
  { database: live, system }: Pick<Endpoint, "database" | "system">,
  state: TargetState,
): OpsError | undefined {
  if (state.kind === "whole") return undefined;
  if (state.kind === "unclear") return unclear(live, state);
  const where = state.kind === "closed" ? "closed" : `under the name ${state.former?.name ?? ""}`;
  return new OpsError(
    "precondition",
    "SYNC_INTERRUPTED",
    `An interrupted sync left the target ${live} ${where}.`,
    {
      hint: `Put it right:  pnpm sync undo ${system}    which goes no step further back. Create nothing in its place.`,
    },
  );
}

function unclear(live: string, { former, formers }: TargetState): OpsError {
  const name = former?.name ?? "";
  return new OpsError(
    "precondition",
    "TARGET_UNCLEAR",
    `${name} was the database ${live} before, and the present ${live} is not what a sync put in its place. Nothing was written.`,
    {
      details: formers.map((each) => `former target: ${each.name}`),
      hint: `Look into both. Then drop or rename the one you do not need:  drop database ${ident(name)};    or  alter database ${ident(name)} rename to ...;`,
    },
  );
}
