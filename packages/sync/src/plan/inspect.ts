/** Connects to both databases and reads what a plan needs. Writes nothing. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { Side } from "@pilot-light/core/errors";
import { acquireAll, combine, settleAll } from "@pilot-light/core/async/settle";
import type { SchemaObject } from "@pilot-light/core/inventory/objects";
import { listDataTables, type DataTable } from "@pilot-light/core/inventory/tables";
import type { DatabaseSystem, Endpoint } from "@pilot-light/core/postgres/endpoint";
import {
  chooseClientPrograms,
  findClientPrograms,
  type ClientPrograms,
} from "@pilot-light/core/postgres/programs";
import { openSession, type Session } from "@pilot-light/core/postgres/session";
import type { Direction } from "../direction.ts";
import { readRecordedMark } from "../archive/recorded-mark.ts";
import { sameDatabase } from "../errors.ts";
import type { SyncOptions } from "../options.ts";
import { sessionOptions, withFreshPassword } from "../read/connect.ts";
import { isSameDatabase, readFacts } from "../read/database-facts.ts";
import { filtersOf as filtersOfFilter, readFilter, type Filter } from "../read/filter.ts";
import { countRows, readObjects, usefulReaders, type RowCounts } from "../read/inventory.ts";
import { readBusy } from "../read/lock-watch.ts";
import { measureLine, type Line } from "../read/line.ts";
import { readScope, tablesWithin, within, type Scope } from "../read/scope.ts";
import { openMore } from "../read/snapshot.ts";
import { whileObjectsVanish } from "../read/vanishing.ts";
import type { Resolved } from "../resolve.ts";
import { privilegesWithin } from "../target/privileges.ts";
import { readPrivileges, readRoles } from "../target/read-privileges.ts";
import type { TargetState } from "../target/target-state.ts";
import { extensionNotes, readExtensionFacts } from "./extension-notes.ts";
import { readInPlaceFacts } from "./in-place-facts.ts";
import { checkDatabases, checkRows, type Findings } from "./rules/index.ts";
import type { IncompleteSource, SideFacts } from "./rules/rule.ts";
import { readRoom } from "./read-room.ts";
import { checkScript } from "./script.ts";

/** One side of a sync, read completely. */
export interface Inspected extends SideFacts {
  /** With the password that the server accepted. */
  endpoint: Endpoint;
  objects: readonly SchemaObject[];
  rows: RowCounts;
  line: Line;
}

/** The source of a sync or of a restore, as it was inspected. */
export type InspectedSource = Omit<Inspected, "endpoint" | "line">;

export interface Inspection<S extends InspectedSource = Inspected> {
  source: S;
  target: Inspected;
  /** Whether both servers have the same major version, so that pg_dump writes equal definitions alike. */
  sameMajor: boolean;
  programs: ClientPrograms;
  /** Undefined if everything is copied. */
  filter: Filter | undefined;
  /** What the source lacks because of a filter; undefined if it is complete. */
  incomplete: IncompleteSource | undefined;
  /** The refusals among them prevent a sync, but the plan can be shown. */
  findings: Findings;
}

/** Rows that are known already, so that they are not counted again. */
export type CountedRows = Readonly<Partial<Record<DatabaseSystem, RowCounts | undefined>>>;

/** The source when all rules about the databases allow the sync. Only the numbers of rows may still refuse it. */
export type AllowedSource = Pick<Inspected, "endpoint" | "facts" | "tables"> &
  Pick<Inspection, "filter" | "findings" | "programs">;

/** A session on each side. */
export type Connected = Awaited<ReturnType<typeof openBoth>>;

/** What the caller of an inspection adds to it. */
export interface InspectionParts {
  /** Sessions that are open already, if there are some. */
  connected?: () => Promise<Connected | undefined>;
  /** Default: all rows are counted. */
  counted?: (() => Promise<CountedRows>) | undefined;
  /** Called while the rows are counted. */
  onAllowed?: (source: AllowedSource) => void;
}

/**
 * Inspects both databases and checks the preflight rules.
 * @throws OpsError the refusals of the rules about databases, SAME_DATABASE (precondition); PG_DUMP_* (configuration); errors of a
 *   connection (source or target). If a rule about databases refuses, the rows are not read.
 */
export async function inspect(
  direction: Direction,
  options: SyncOptions,
  resolved: Resolved,
  targetState: TargetState,
  context: CommandContext,
  { connected, counted, onAllowed }: InspectionParts = {},
): Promise<Inspection> {
  const finding = findClientPrograms(context.environment);
  await using first = (await connected?.()) ?? (await connectBoth(resolved, context));
  // Statements that do not need each other's answers are given together: over a slow line, round trips take most of the time.
  const [, complete, target, allPrivileges, scope, room] = await settleAll([
    assertDifferent(first),
    readMarkedSource(first.source, direction, resolved, context),
    readSide(first.target, "target", context),
    readAllPrivileges(first),
    readChosen(first.source, options, context),
    readRoom(first.target, resolved, targetState, options, context),
  ]);
  const source = within(complete, scope);
  const privileges = { ...allPrivileges, source: privilegesWithin(allPrivileges.source, scope) };
  const { targetBackup, jobs, script } = options;
  if (script !== undefined) await checkScript(first.target, script);
  const inPlace = await readInPlaceFacts(first.target, source.facts, target.facts, options);
  // A filter makes the copy smaller, and the size of the rows that it leaves out is not known.
  const isFiltered = scope !== undefined || (options.excludeTableData ?? []).length > 0;
  const facts = {
    ...{ direction, source, target, targetBackup, jobs, targetState, privileges, scope },
    ...inPlace,
    ...(isFiltered ? {} : room),
  };
  const found = checkDatabases(facts, options);
  if (found.refusals.length > 0) throw combine(found.refusals);
  const filter = await readFilters(first.source, options, { tables: source.tables, scope }, context);
  const extensions = await readExtensionFacts(first.source, first.target, scope);
  const majors = [source.facts.major, ...(targetBackup ? [target.facts.major] : [])];
  const programs = chooseClientPrograms(await finding, majors, target.facts.major);
  const { endpoint } = first.source;
  onAllowed?.({ ...source, endpoint, filter, findings: found, programs });
  const known: CountedRows = (await counted?.()) ?? {};
  const lines = settleAll([
    measureLine(first.source, "from-server", source.facts.bytes),
    measureLine(first.target, "to-server", source.facts.bytes),
  ]);
  const count = async (side: Side, { tables }: SideFacts) =>
    known[direction[side]] ??
    (await countAll(
      first[side],
      side,
      { tables, jobs: found.jobs ?? jobs, scope: side === "source" ? scope : undefined },
      lines,
      context,
    ));
  const [sourceRows, targetRows, [sourceLine, targetLine]] = await settleAll([
    count("source", source),
    count("target", target),
    lines,
  ]);
  const incomplete = filter && {
    filters: filtersOfFilter(filter),
    emptiedGroups: filter.emptiedGroups,
    target: target.facts,
  };
  const rows = checkRows({ direction, sourceRows, targetRows, filtered: filter, incomplete }, options);
  return {
    source: { endpoint, ...source, rows: sourceRows, line: sourceLine },
    target: { endpoint: first.target.endpoint, ...target, rows: targetRows, line: targetLine },
    programs,
    sameMajor: source.facts.major === target.facts.major,
    filter,
    incomplete,
    findings: {
      ...found,
      refusals: rows.refusals,
      notes: [...found.notes, ...extensionNotes(direction, extensions), ...rows.notes],
    },
  };
}

/** @throws OpsError SAME_DATABASE (precondition) */
async function assertDifferent({ source, target }: Record<Side, Session>): Promise<void> {
  if (await isSameDatabase(source, target)) throw sameDatabase(source.endpoint);
}

/** Opens a session on each side, closed together. */
async function connectBoth(resolved: Resolved, { environment, signal }: CommandContext) {
  return await openBoth(resolved, (endpoint, side) =>
    withFreshPassword(endpoint, resolved.rereadSecret, (candidate) =>
      openSession(candidate, sessionOptions(side, environment, signal)),
    ),
  );
}

/** As `connectBoth`, in one attempt, for sessions that are opened before it is known whether the databases accept them. */
export async function tryToConnectBoth(
  resolved: Resolved,
  { environment, signal }: Pick<CommandContext, "environment" | "signal">,
): Promise<Connected> {
  return await openBoth(resolved, (endpoint, side) =>
    openSession(endpoint, { ...sessionOptions(side, environment, signal), deadline: 0 }),
  );
}

async function openBoth(
  { source, target }: Resolved,
  connect: (endpoint: Endpoint, side: Side) => Promise<Session>,
) {
  const opened = await acquireAll([connect(source, "source"), connect(target, "target")]);
  const dispose = async () => {
    await Promise.all(opened.map((session) => session[Symbol.asyncDispose]()));
  };
  return { source: opened[0], target: opened[1], [Symbol.asyncDispose]: dispose };
}

/** Reads one side. */
export async function readSide(session: Session, side: Side, context: CommandContext) {
  const read = async () => {
    const [facts, tables, objects] = await settleAll([
      readFacts(session),
      // This waits for locks, because the server locks a table to read its size.
      listDataTables(session),
      readObjects(session),
    ]);
    return { facts, tables, objects };
  };
  return await readBusy(session.endpoint, side, context, read);
}

/** Reads the source. Before a copy to Neon, if the database has no mark, the mark that S3 records is added. */
async function readMarkedSource(
  session: Session,
  { target }: Direction,
  { store }: Resolved,
  context: CommandContext,
) {
  const side = await readSide(session, "source", context);
  const { facts } = side;
  if (target !== "neon" || facts.mark !== undefined) return side;
  const named = { ...session.endpoint, oid: facts.oid, inPlace: facts.inPlace };
  const mark = await readRecordedMark(store.bucket, named, context.signal);
  return mark === undefined ? side : { ...side, facts: { ...facts, mark } };
}

/** What `--schema` chooses; undefined without it. */
async function readChosen(
  session: Session,
  { schema: patterns = [] }: SyncOptions,
  context: CommandContext,
): Promise<Scope | undefined> {
  if (patterns.length === 0) return undefined;
  return await readBusy(session.endpoint, "source", context, () =>
    whileObjectsVanish(() => readScope(session, patterns)),
  );
}

/** What the filters leave out; undefined without filters. */
async function readFilters(
  session: Session,
  { excludeTableData: patterns = [] }: SyncOptions,
  { tables, scope }: { tables: readonly DataTable[]; scope: Scope | undefined },
  context: CommandContext,
): Promise<Filter | undefined> {
  if (patterns.length === 0 && scope === undefined) return undefined;
  // This waits for locks, because it searches rows that refer to rows of other tables.
  return await readBusy(session.endpoint, "source", context, () =>
    readFilter(session, patterns, tables, scope),
  );
}

async function readAllPrivileges({ source, target }: Record<Side, Session>) {
  return await whileObjectsVanish(async () => {
    const [ofSource, ofTarget, roles] = await settleAll([
      readPrivileges(source),
      readPrivileges(target),
      readRoles(target),
    ]);
    return { source: ofSource, target: ofTarget, roles };
  });
}

/**
 * Counts the rows of all tables with several sessions. A table that another session drops meanwhile is not counted.
 * @param measured the counts begin when it has settled. Until then, nothing else uses the line
 */
export async function countAll(
  first: Session,
  side: Side,
  { tables, jobs, scope }: { tables: readonly DataTable[]; jobs: number; scope?: Scope | undefined },
  measured: Promise<unknown>,
  context: CommandContext,
): Promise<RowCounts> {
  const { environment, signal } = context;
  const { endpoint } = first;
  const options = sessionOptions(side, environment, signal);
  const others = await openMore(endpoint, usefulReaders(tables, jobs) - 1, options);
  let list: readonly DataTable[] | undefined = tables;
  const count = async () => {
    const counted = list ?? tablesWithin(await listDataTables(first), scope);
    list = undefined;
    return await countRows(counted, [first, ...others]);
  };
  try {
    await measured;
    return await readBusy(endpoint, side, context, count);
  } finally {
    await Promise.all(others.map((session) => session[Symbol.asyncDispose]()));
  }
}
