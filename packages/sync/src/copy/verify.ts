/** The check before the swap: the staging database must be equal to the snapshot, object by object and table by table. */
import {
  compareFingerprints,
  compareObjects,
  compareSequences,
  describeDifference,
} from "@pilot-light/core/inventory/compare";
import { fingerprintTable, type SequencePosition } from "@pilot-light/core/inventory/tables";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";
import { verificationFailed } from "../errors.ts";
import type { Inventory } from "../read/inventory.ts";

const shown = 20;

/**
 * Compares the restored database with the snapshot.
 * @param after sequence positions of the source after the dump
 * @throws OpsError VERIFICATION_FAILED (target) that names every difference
 */
export function assertEqual(
  expected: Inventory,
  after: readonly SequencePosition[],
  actual: Inventory,
  { sameMajor, skippedExtensions }: { sameMajor: boolean; skippedExtensions: readonly string[] },
): void {
  const skipped = new Set(skippedExtensions);
  const objects = expected.objects.filter(
    ({ kind, identity }) => !(kind === "extension" && skipped.has(identity)),
  );
  const differences = [
    ...compareObjects(objects, actual.objects, { sameMajor }),
    ...compareFingerprints("table", expected.tables, actual.tables),
    ...compareFingerprints(
      "large objects",
      new Map([["all", expected.largeObjects]]),
      new Map([["all", actual.largeObjects]]),
    ),
    ...compareSequences(expected.sequences, after, actual.sequences),
  ];
  if (differences.length === 0) return;
  const more = differences.length > shown ? [`and ${differences.length - shown} more`] : [];
  throw verificationFailed({
    differences: [...differences.slice(0, shown).map(describeDifference), ...more],
  });
}

/**
 * Reads a table of the staging database and refreshes its statistics, which a restore leaves empty. Row-level security that is forced
 * on the owner is off for the reading only: the transaction is rolled back.
 */
export const fingerprintStagingTable: typeof fingerprintTable = async (session, table, depth) => {
  if (!table.forcedRowSecurity) {
    const fingerprint = await fingerprintTable(session, table, depth);
    await analyze(session, table.schema, table.name);
    return fingerprint;
  }
  await session.query("begin");
  try {
    await session.query(`alter table ${ident(table.schema, table.name)} no force row level security`);
    return await fingerprintTable(session, table, depth);
  } finally {
    await session.query("rollback");
    await analyze(session, table.schema, table.name);
  }
};

async function analyze(session: Session, schema: string, name: string): Promise<void> {
  await session.query(`analyze ${ident(schema, name)}`);
}

/** Refreshes the statistics of partitioned tables, which autovacuum never analyzes, and of materialized views. */
export async function analyzeParents(session: Session): Promise<void> {
  const parents = await session.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where (c.relkind = 'p' and not c.relispartition or c.relkind = 'm' and c.relispopulated) and n.nspname !~ '^pg_'
      order by 1, 2`,
  );
  for (const { schema, name } of parents) await analyze(session, schema, name);
}
