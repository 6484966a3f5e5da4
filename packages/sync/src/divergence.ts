/**
 * What has been written to either database since both were equal. The newest archive's manifest says what they held then: a sync
 * ends only when the target is verified equal to it.
 */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { compareFingerprints, type Difference } from "@pilot-light/core/inventory/compare";
import { listDataTables, type Fingerprint } from "@pilot-light/core/inventory/tables";
import type { DatabaseSystem, Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { OutputsSource } from "@pilot-light/core/terraform/outputs";
import { openSession, type Session } from "@pilot-light/core/postgres/session";
import { sessionOptions, withFreshPassword } from "./read/connect.ts";
import { directions, type DirectionName } from "./direction.ts";
import { readFacts } from "./read/database-facts.ts";
import { readInventory } from "./read/inventory.ts";
import type { ReadManifest } from "./archive/manifest.ts";
import { resolve } from "./resolve.ts";
import { settleAll } from "@pilot-light/core/async/settle";
import { openSessions } from "./read/snapshot.ts";

/** One database now. */
export interface Side {
  host: string;
  database: string;
  /** OID of the database: another one after every sync to it and every undo. */
  oid: string;
  /** Tables that differ from what they held when both were equal, as sentences; null where that is not known or was not asked. */
  changed: readonly string[] | null;
}

export interface Divergence {
  /** The last time both were equal; null when no such time is on record, or only of other databases. */
  last: { at: string; direction: DirectionName; archive: string } | null;
  neon: Side;
  rds: Side;
}

const sessionsPerSide = 2;

/**
 * Compares the databases with what they held when they were equal. Reads every row of those compared once; writes nothing.
 * @param options where the outputs are; which of the two are compared, by default both
 * @throws OpsError of class configuration, precondition, aws, source (for both databases)
 */
export async function readDivergence(
  { outputs, compared = ["neon", "rds"] }: { outputs: OutputsSource; compared?: readonly DatabaseSystem[] },
  context: CommandContext,
): Promise<Divergence> {
  const resolved = await resolve(directions["neon-to-rds"], outputs, context);
  const { source: neon, target: rds, store, rereadSecret } = resolved;
  const newest = await store.newestArchive(context.signal);
  const manifest = newest !== undefined && isOf(newest, neon, rds) ? newest : undefined;
  const [neonSide, rdsSide] = await settleAll([
    readSide(neon, rereadSecret, compared.includes("neon") ? manifest : undefined, context),
    readSide(rds, rereadSecret, compared.includes("rds") ? manifest : undefined, context),
  ]);
  const last =
    manifest === undefined
      ? null
      : { at: manifest.createdAt, direction: manifest.direction, archive: store.uri(manifest.key) };
  return { last, neon: neonSide, rds: rdsSide };
}

/** Whether an archive is of these two databases. Those of earlier versions do not say where they were restored. */
function isOf({ database, target }: ReadManifest, neon: Endpoint, rds: Endpoint): boolean {
  const by: Readonly<Record<DatabaseSystem, Endpoint>> = { neon, rds };
  return [database, ...(target === undefined ? [] : [target])].every(
    ({ system, host, name }) => by[system].host === host && by[system].database === name,
  );
}

async function readSide(
  endpoint: Endpoint,
  rereadSecret: () => Promise<Endpoint>,
  manifest: ReadManifest | undefined,
  { environment, signal }: CommandContext,
): Promise<Side> {
  const options = sessionOptions("source", environment, signal);
  const known = await withFreshPassword(endpoint, rereadSecret, async (candidate) => {
    await using session = await openSession(candidate, options);
    return session.endpoint;
  });
  await using sessions = await openSessions(known, sessionsPerSide, options);
  const { oid } = await sessions.first.one<{ oid: string }>(
    "select oid::text as oid from pg_catalog.pg_database where datname = pg_catalog.current_database()",
  );
  const side = { host: endpoint.host, database: endpoint.database, oid };
  const verified = manifest?.verified;
  if (verified === undefined) return { ...side, changed: null };
  const now = await readInventory(sessions.all, verified.depth, () => undefined);
  const hidden = await hiddenTables(sessions.first);
  const all = (fingerprint: Fingerprint) => new Map([["all", fingerprint]]);
  const differences = [
    ...compareFingerprints("table", new Map(Object.entries(verified.tables)), now.tables),
    ...compareFingerprints("large objects", all(verified.largeObjects), all(now.largeObjects)),
  ].filter(({ identity }) => !hidden.has(identity));
  return { ...side, changed: differences.map((found) => describe(found, verified.tables, now.tables)) };
}

/** Tables whose rows row-level security does not let the role see whole. */
async function hiddenTables(session: Session): Promise<ReadonlySet<string>> {
  const { bypassesRowSecurity } = await readFacts(session);
  if (bypassesRowSecurity) return new Set();
  const tables = await listDataTables(session);
  return new Set(tables.filter(({ forcedRowSecurity }) => forcedRowSecurity).map(({ group }) => group));
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
  const former = before[identity]?.rows ?? 0;
  return former === rows ? `${name}: ${rows} rows, others than then` : `${name}: ${former} -> ${rows} rows`;
}
