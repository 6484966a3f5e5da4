/**
 * Rows that applications write to the target after its backup has begun: no dump holds them. The server counts the rows that each table gets,
 * changes and loses. It counts what a rollback reverts as well, and may count a write some seconds late.
 */
import { plural, shortList } from "@pilot-light/core/output/format";
import type { Session } from "@pilot-light/core/postgres/session";
import type { StepContext } from "../job.ts";
import { openTarget } from "./sessions.ts";

/** Rows that were written to each table since the server began to count. */
export type Writes = ReadonlyMap<string, number>;

export async function readWrites(session: Session): Promise<Writes> {
  const rows = await session.query<{ table: string; rows: string }>(
    `select pg_catalog.format('%I.%I', schemaname, relname) as "table", (n_tup_ins + n_tup_upd + n_tup_del)::text as rows
       from pg_catalog.pg_stat_user_tables`,
  );
  return new Map(rows.map(({ table, rows: count }) => [table, Number(count)]));
}

/** Reads the counts of the target before its backup. */
export async function readTargetWrites(context: StepContext): Promise<Writes> {
  await using session = await openTarget(context);
  return await readWrites(session);
}

/** Describes the tables that were written to between two readings, with the numbers of rows: `public.orders (3 rows)`. */
export function writtenBetween(before: Writes, after: Writes): string[] {
  const written = [...after].map(([table, rows]) => ({ table, rows: rows - (before.get(table) ?? 0) }));
  return written
    .filter(({ rows }) => rows > 0)
    .sort((a, b) => b.rows - a.rows)
    .map(({ table, rows }) => `${table} (${plural(rows, "row")})`);
}

/** The warning about such tables; nothing without them. */
export function warnOfWrites(tables: readonly string[], previous: string | null, system: string): string[] {
  if (tables.length === 0 || previous === null) return [];
  const what = shortList(tables).join(", ");
  return [
    `applications wrote to the target after its backup had begun: ${what}. Only ${previous} holds these rows, and the next sync drops it. To return to it:  pnpm sync undo ${system}`,
  ];
}
