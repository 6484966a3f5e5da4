/** The check before the swap: the staging database must be equal to the snapshot, object by object and table by table. */
import { describeDifference } from "@pilot-light/core/inventory/compare";
import { shortList } from "@pilot-light/core/output/format";
import { fingerprintTables, type DataTable, type Fingerprint } from "@pilot-light/core/inventory/tables";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";
import { verificationFailed } from "../errors.ts";
import { differencesBetween, hintFor, type DatabaseContent, type EqualityOptions } from "./equality.ts";

/**
 * Compares the restored database with the dumped one. The error states the name of the restored database.
 * @throws OpsError VERIFICATION_FAILED (target) that names every difference
 */
export function assertEqual(
  expected: DatabaseContent,
  actual: DatabaseContent,
  options: EqualityOptions,
  { database, system }: Pick<Endpoint, "database" | "system">,
): void {
  const differences = differencesBetween(expected, actual, options);
  if (differences.length === 0) return;
  throw verificationFailed({
    database,
    system,
    differences: shortList(differences.map(describeDifference)),
    remedy: hintFor(differences),
  });
}

/**
 * Reads tables of the staging database. Row-level security that is forced on the owner is disabled for the reading only, in a transaction that
 * is rolled back. Each such table has its own transaction: a transaction that holds the locks of two tables could wait for a pg_dump that
 * waits for it.
 */
const fingerprintStaging: typeof fingerprintTables = async (session, tables, reading) => {
  const open = tables.filter(({ hidesRows }) => !hidesRows);
  const found = new Map<DataTable, Fingerprint>();
  const read = async (batch: readonly DataTable[]) => {
    const fingerprints = await fingerprintTables(session, batch, reading);
    for (const [index, table] of batch.entries()) {
      const fingerprint = fingerprints[index];
      if (fingerprint !== undefined) found.set(table, fingerprint);
    }
  };
  await read(open);
  for (const table of tables.filter(({ hidesRows }) => hidesRows)) {
    await reverting(session, async () => {
      await session.query(`alter table ${ident(table.schema, table.name)} no force row level security`);
      await read([table]);
    });
    await analyze(session, [table]);
  }
  return tables.flatMap((table) => found.get(table) ?? []);
};

/**
 * How the staging database is read. The statistics of its tables are refreshed as well, because a restore leaves them empty. A table with forced
 * row-level security is locked while it is read, so its statistics are refreshed after that.
 */
export const readingStaging = {
  fingerprint: fingerprintStaging,
  afterwards: async (session: Session, tables: readonly DataTable[]) => {
    const open = tables.filter(({ hidesRows }) => !hidesRows);
    if (open.length > 0) await analyze(session, open);
  },
};

/** Runs `work` and reverts its changes: in a separate transaction, or up to a savepoint of the open transaction. */
async function reverting(session: Session, work: () => Promise<void>): Promise<void> {
  const [begin, end] = session.isInTransaction
    ? ["savepoint reverted", "rollback to savepoint reverted; release savepoint reverted"]
    : ["begin", "rollback"];
  await session.query(begin);
  try {
    await work();
  } finally {
    await session.query(end);
  }
}

/** Runs `work`, which may fail. In an open transaction, a savepoint keeps the failure from ending the transaction. */
async function trying(session: Session, work: () => Promise<unknown>): Promise<void> {
  if (!session.isInTransaction) {
    await work();
    return;
  }
  await session.query("savepoint tried");
  try {
    await work();
  } catch (error) {
    await session.query("rollback to savepoint tried");
    throw error;
  } finally {
    await session.query("release savepoint tried");
  }
}

/**
 * Refreshes statistics, and ignores errors: ANALYZE runs the functions of a table's indexes, which may raise errors. If the connection was
 * lost, the next query fails.
 */
async function analyze(
  session: Session,
  tables: readonly Pick<DataTable, "schema" | "name">[],
): Promise<void> {
  const names = tables.map(({ schema, name }) => ident(schema, name));
  try {
    await trying(session, () => session.query(`analyze ${names.join(", ")}`));
  } catch {
    // One table after the other: a table with such a function must not keep the others from being analyzed.
    if (names.length === 1) return;
    for (const table of tables) await analyze(session, [table]);
  }
}

/**
 * Refreshes the statistics of partitioned tables, which autovacuum never analyzes, and of materialized views. Tables with a foreign partition
 * are left out: ANALYZE would read that partition from its server, which may be out of reach.
 */
export async function analyzeParents(session: Session): Promise<void> {
  const parents = await session.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where (c.relkind = 'p' and not c.relispartition and not exists (
              select 1 from pg_catalog.pg_partition_tree(c.oid) t join pg_catalog.pg_class f on f.oid = t.relid and f.relkind = 'f') or c.relkind = 'm' and c.relispopulated) and n.nspname !~ '^pg_'
      order by 1, 2`,
  );
  if (parents.length > 0) await analyze(session, parents);
}
