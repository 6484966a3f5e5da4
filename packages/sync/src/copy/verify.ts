/** The check before the swap: the staging database must be equal to the snapshot, object by object and table by table. */
import { describeDifference } from "@pilot-light/core/inventory/compare";
import { shortList } from "@pilot-light/core/output/format";
import { fingerprintTable } from "@pilot-light/core/inventory/tables";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";
import { verificationFailed } from "../errors.ts";
import { differencesBetween, hintFor, type DatabaseContent, type EqualityOptions } from "./equality.ts";

/**
 * Compares the restored database with what was dumped.
 * @throws OpsError VERIFICATION_FAILED (target) that names every difference
 */
export function assertEqual(
  expected: DatabaseContent,
  actual: DatabaseContent,
  options: EqualityOptions,
): void {
  const differences = differencesBetween(expected, actual, options);
  if (differences.length === 0) return;
  throw verificationFailed({
    differences: shortList(differences.map(describeDifference)),
    remedy: hintFor(differences),
  });
}

/**
 * Reads a table of the staging database and refreshes its statistics, which a restore leaves empty. Row-level security that is forced
 * on the owner is off for the reading only: the transaction is rolled back.
 */
export const fingerprintStagingTable: typeof fingerprintTable = async (session, table, reading) => {
  if (!table.hidesRows) {
    const fingerprint = await fingerprintTable(session, table, reading);
    await analyze(session, table.schema, table.name);
    return fingerprint;
  }
  await session.query("begin");
  try {
    await session.query(`alter table ${ident(table.schema, table.name)} no force row level security`);
    return await fingerprintTable(session, table, reading);
  } finally {
    await session.query("rollback");
    await analyze(session, table.schema, table.name);
  }
};

/**
 * Statistics are no reason to fail: ANALYZE runs the functions of a table's indexes, which may raise errors. A connection that is lost
 * fails the next query.
 */
async function analyze(session: Session, schema: string, name: string): Promise<void> {
  await session.query(`analyze ${ident(schema, name)}`).catch(() => undefined);
}

/**
 * Refreshes the statistics of partitioned tables, which autovacuum never analyzes, and of materialized views. Those with a foreign
 * table are left out: ANALYZE would read it from its server, which may be out of reach.
 */
export async function analyzeParents(session: Session): Promise<void> {
  const parents = await session.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where (c.relkind = 'p' and not c.relispartition and not exists (
              select 1 from pg_catalog.pg_partition_tree(c.oid) t join pg_catalog.pg_class f on f.oid = t.relid and f.relkind = 'f') or c.relkind = 'm' and c.relispopulated) and n.nspname !~ '^pg_'
      order by 1, 2`,
  );
  for (const { schema, name } of parents) await analyze(session, schema, name);
}
