/**
 * Finds out which tables have changed in either database since both were equal. The manifest of the newest archive records what the tables
 * contained then: a sync succeeds only if it has verified the target.
 */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { compareFingerprints, type Difference } from "@pilot-light/core/inventory/compare";
import {
  listDataTables,
  readingOf,
  type Fingerprint,
  type RowCounts,
} from "@pilot-light/core/inventory/tables";
import type { DatabaseSystem, Endpoint } from "@pilot-light/core/postgres/endpoint";
import { openSession } from "@pilot-light/core/postgres/session";
import { sessionOptions, withFreshPassword } from "./read/connect.ts";
import { splitComment } from "./read/copy-mark.ts";
import { directions, type DirectionName } from "./direction.ts";
import { readInventory } from "./read/inventory.ts";
import type { Manifest } from "./archive/manifest.ts";
import { readNewestArchive } from "./archive/read-dumps.ts";
import type { ReachOptions } from "./options.ts";
import { resolve, withRoutes, type Resolved } from "./resolve.ts";
import { settleAll } from "@pilot-light/core/async/settle";
import { openSessions } from "./read/snapshot.ts";

/** One database now. */
export interface Side {
  host: string;
  database: string;
  /** OID of the database, and when its contents were replaced in place. Every sync to this database and every undo changes this value. */
  oid: string;
  /** How tables have changed since both were equal, as phrases; null if that is not known, or if the side was not compared. */
  changed: readonly string[] | null;
  /** Exact number of rows of each table. Absent if the side was not compared. */
  rows?: RowCounts;
}

export interface Divergence {
  /** The last time both were equal; null if no manifest of these two databases records it. */
  last: { at: string; direction: DirectionName; archive: string } | null;
  neon: Side;
  rds: Side;
}

const sessionsPerSide = 2;

/**
 * Compares the databases with what they contained when they were equal. Reads every row of the compared ones once; writes nothing.
 * @param options the source of the Terraform outputs, the route to RDS, and the databases to compare: by default both
 * @throws OpsError of class configuration, precondition or aws. An error of either database has the class source.
 */
export async function readDivergence(
  { compared = ["neon", "rds"], ...reach }: ReachOptions & { compared?: readonly DatabaseSystem[] },
  context: CommandContext,
): Promise<Divergence> {
  return await withRoutes(reach, context, async (routes) => {
    const resolved = await resolve(directions["neon-to-rds"], reach.outputs, routes, context);
    return await compare(resolved, compared, { ...context, signal: resolved.signal });
  });
}

async function compare(
  resolved: Resolved,
  compared: readonly DatabaseSystem[],
  context: CommandContext,
): Promise<Divergence> {
  const { source: neon, target: rds, store, rereadSecret } = resolved;
  const newest = await readNewestArchive(store.bucket, context.signal);
  const manifest = newest !== undefined && isOf(newest, neon, rds) ? newest : undefined;
  const [neonSide, rdsSide] = await settleAll([
    readSide(neon, rereadSecret, compared.includes("neon") ? manifest : undefined, context),
    readSide(rds, rereadSecret, compared.includes("rds") ? manifest : undefined, context),
  ]);
  const last =
    manifest?.direction === undefined
      ? null
      : { at: manifest.createdAt, direction: manifest.direction, archive: store.uri(manifest.key) };
  return { last, neon: neonSide, rds: rdsSide };
}

/** Whether a manifest belongs to these two databases. A manifest of an earlier version does not record the target. */
function isOf({ database, target }: Manifest, neon: Endpoint, rds: Endpoint): boolean {
  const by: Readonly<Record<DatabaseSystem, Endpoint>> = { neon, rds };
  return [database, ...(target === undefined ? [] : [target])].every(
    ({ system, host, name }) => by[system].host === host && by[system].database === name,
  );
}

async function readSide(
  endpoint: Endpoint,
  rereadSecret: () => Promise<Endpoint>,
  manifest: Manifest | undefined,
  { environment, signal }: CommandContext,
): Promise<Side> {
  const options = sessionOptions("source", environment, signal);
  const known = await withFreshPassword(endpoint, rereadSecret, async (candidate) => {
    await using session = await openSession(candidate, options);
    return session.endpoint;
  });
  await using sessions = await openSessions(known, sessionsPerSide, options);
  const { oid, comment } = await sessions.first.one<{ oid: string; comment: string | null }>(
    `select oid::text as oid, pg_catalog.shobj_description(oid, 'pg_database') as comment
       from pg_catalog.pg_database where datname = pg_catalog.current_database()`,
  );
  const { inPlace } = splitComment(comment);
  const identity = inPlace === undefined ? oid : `${oid} since ${inPlace.at}`;
  const side = { host: endpoint.host, database: endpoint.database, oid: identity };
  const verified = manifest && contentsOf(manifest, endpoint.system);
  if (verified === undefined) return { ...side, changed: null };
  // The sync left out the rows of these tables. On the side that was the source, they are not new.
  const leftOut = manifest?.database.system === endpoint.system ? (verified.withoutRows ?? []) : [];
  const reading = readingOf(verified.depth, verified.tables);
  const { inventory: now, other: tables } = await readInventory(
    sessions.all,
    { depth: reading },
    listDataTables,
  );
  const hidden = new Set(tables.filter(({ hidesRows }) => hidesRows).map(({ group }) => group));
  const groups = new Map(tables.map(({ identity, group }) => [identity, group]));
  const withoutRows = new Set(leftOut.map((identity) => groups.get(identity) ?? identity));
  const all = (fingerprint: Fingerprint) => new Map([["all", fingerprint]]);
  const differences = [
    ...compareFingerprints("table", new Map(Object.entries(verified.tables)), now.tables).filter(
      ({ identity }) => !withoutRows.has(identity),
    ),
    ...compareFingerprints("large objects", all(verified.largeObjects), all(now.largeObjects)),
  ].filter(({ identity }) => !hidden.has(identity));
  const changed = differences.map((found) => describe(found, verified.tables, now.tables));
  const rows = new Map(
    [...now.tables].map(([group, table]) => [group, hidden.has(group) ? null : table.rows]),
  );
  return { ...side, changed, rows };
}

/** The contents of a side after the sync. A script may have changed the target after the verification. */
function contentsOf(
  { verified, target, afterRestore }: Manifest,
  system: DatabaseSystem,
): Manifest["verified"] {
  if (verified === undefined || afterRestore === undefined || target?.system !== system) return verified;
  const { tables, largeObjects } = afterRestore;
  return { ...verified, tables, largeObjects };
}

/** `public.projects: 12 -> 15 rows`. */
function describe(
  { kind, identity, problem }: Difference,
  before: Readonly<Record<string, Fingerprint>>,
  now: ReadonlyMap<string, Fingerprint>,
): string {
  const name = kind === "table" ? identity : kind;
  if (problem === "missing") return `${name}: dropped`;
  const rows = now.get(identity)?.rows ?? 0;
  if (problem === "unexpected") return `${name}: new, ${rows} rows`;
  const previous = before[identity]?.rows ?? 0;
  return previous === rows
    ? `${name}: ${rows} rows, with other values`
    : `${name}: ${previous} -> ${rows} rows`;
}
