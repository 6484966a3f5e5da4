/** Connects to both databases and reads what a plan needs. Writes nothing. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { acquireAll, combine, settleAll } from "@pilot-light/core/async/settle";
import type { SchemaObject } from "@pilot-light/core/inventory/objects";
import { listDataTables } from "@pilot-light/core/inventory/tables";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import {
  chooseClientPrograms,
  findClientPrograms,
  type ClientPrograms,
} from "@pilot-light/core/postgres/programs";
import { openSession } from "@pilot-light/core/postgres/session";
import type { Direction } from "../direction.ts";
import { sameDatabase } from "../errors.ts";
import type { SyncOptions } from "../options.ts";
import { sessionOptions, withFreshPassword } from "../read/connect.ts";
import { isSameDatabase, readFacts } from "../read/database-facts.ts";
import { countRows, readObjects, type RowCounts } from "../read/inventory.ts";
import { openSessions, type Sessions } from "../read/snapshot.ts";
import type { Resolved } from "../resolve.ts";
import { readPrivileges, readRoles } from "../target/read-privileges.ts";
import type { TargetState } from "../target/target-state.ts";
import { extensionNotes, readExtensionFacts } from "./extension-notes.ts";
import { checkDatabases, checkRows, type Findings } from "./rules/index.ts";
import type { SideFacts } from "./rules/rule.ts";

/** One side of a sync, read completely. */
export interface Inspected extends SideFacts {
  /** With the password that the server accepted. */
  endpoint: Endpoint;
  objects: readonly SchemaObject[];
  rows: RowCounts;
}

export interface Inspection {
  source: Inspected;
  target: Inspected;
  programs: ClientPrograms;
  /** Its refusals allow a plan, but no sync. */
  findings: Findings;
}

/**
 * Inspects both databases and checks the preflight rules.
 * @throws OpsError the refusals of the rules about databases (precondition), as without them the rest cannot be read; SAME_DATABASE;
 *   PG_DUMP_* (configuration); why a database cannot be connected to (source or target)
 */
export async function inspect(
  direction: Direction,
  options: SyncOptions,
  resolved: Resolved,
  targetState: TargetState,
  context: CommandContext,
): Promise<Inspection> {
  const finding = findClientPrograms(context.environment);
  const endpoints = await connectBoth(resolved, context);
  await using sessions = await openBoth(endpoints, options.jobs, context);
  if (await isSameDatabase(sessions.source.first, sessions.target.first)) {
    throw sameDatabase(endpoints.source);
  }
  const [source, target] = await settleAll([readSide(sessions.source), readSide(sessions.target)]);
  const { targetBackup } = options;
  const [ownedBySource, privileges, roles] = [
    await readPrivileges(sessions.source.first),
    await readPrivileges(sessions.target.first),
    await readRoles(sessions.target.first),
  ];
  const facts = {
    direction,
    source,
    target,
    targetBackup,
    targetState,
    privileges: { source: ownedBySource, target: privileges, roles },
  };
  const found = checkDatabases(facts, options);
  if (found.refusals.length > 0) throw combine(found.refusals);
  const extensions = await readExtensionFacts(sessions.source.first, sessions.target.first);
  const majors = [source.facts.major, ...(targetBackup ? [target.facts.major] : [])];
  const programs = chooseClientPrograms(await finding, majors, target.facts.major);
  const [sourceRows, targetRows] = await settleAll([
    countRows(source.tables, sessions.source.all, source.facts),
    countRows(target.tables, sessions.target.all, target.facts),
  ]);
  const rows = checkRows({ direction, sourceRows, targetRows }, options);
  return {
    source: { endpoint: endpoints.source, ...source, rows: sourceRows },
    target: { endpoint: endpoints.target, ...target, rows: targetRows },
    programs,
    findings: {
      refusals: rows.refusals,
      notes: [...found.notes, ...extensionNotes(direction, extensions), ...rows.notes],
      skippedExtensions: found.skippedExtensions,
    },
  };
}

/** Connects to both databases once, to find out whether the servers accept the passwords. */
async function connectBoth(
  { source, target, rereadSecret }: Resolved,
  { environment, signal }: CommandContext,
): Promise<Record<"source" | "target", Endpoint>> {
  const connect = (endpoint: Endpoint, side: "source" | "target") =>
    withFreshPassword(endpoint, rereadSecret, async (candidate) => {
      await using session = await openSession(candidate, sessionOptions(side, environment, signal));
      return session.endpoint;
    });
  const [connectedSource, connectedTarget] = await settleAll([
    connect(source, "source"),
    connect(target, "target"),
  ]);
  return { source: connectedSource, target: connectedTarget };
}

/** Opens the parallel sessions of both sides, closed together. */
async function openBoth(
  endpoints: Record<"source" | "target", Endpoint>,
  count: number,
  { environment, signal }: CommandContext,
) {
  const open = (side: "source" | "target") =>
    openSessions(endpoints[side], count, sessionOptions(side, environment, signal));
  const [source, target] = await acquireAll([open("source"), open("target")]);
  const dispose = async () => {
    await Promise.all([source[Symbol.asyncDispose](), target[Symbol.asyncDispose]()]);
  };
  return { source, target, [Symbol.asyncDispose]: dispose };
}

async function readSide({ first }: Sessions) {
  return {
    facts: await readFacts(first),
    tables: await listDataTables(first),
    objects: await readObjects(first),
  };
}
