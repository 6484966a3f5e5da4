/** Watches how many rows the COPY commands of pg_dump have read, in pg_stat_progress_copy. */
import type { Report } from "@pilot-light/core/output/printer";
import type { Session } from "@pilot-light/core/postgres/session";
import { isOwn } from "./database-facts.ts";
import type { RowCounts } from "./inventory.ts";

const pauseMs = 500;

// The view lists the commands that are running. https://www.postgresql.org/docs/current/progress-reporting.html#COPY-PROGRESS-REPORTING
const copies = `
  select pg_catalog.format('%I.%I', n.nspname, c.relname) as "table", p.tuples_processed as rows
    from pg_catalog.pg_stat_progress_copy p
    join pg_catalog.pg_stat_activity a on a.pid = p.pid
    join pg_catalog.pg_class c on c.oid = p.relid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where p.datname = pg_catalog.current_database() and p.command = 'COPY TO' and ${isOwn("a")}
   order by p.tuples_processed desc`;

/** Counts the rows that have been read. A table counts once its COPY was seen. */
export class CopiedRows {
  readonly #all: RowCounts;
  readonly #seen = new Map<string, number>();

  /** @param all rows of each table, as the plan counted them */
  constructor(all: RowCounts) {
    this.#all = all;
  }

  get all(): number {
    return [...this.#all.values()].reduce<number>((sum, rows) => sum + (rows ?? 0), 0);
  }

  /** Updates the count from the running commands. A table whose command no longer runs is complete. */
  update(running: ReadonlyMap<string, number>): number {
    for (const table of this.#seen.keys()) {
      if (!running.has(table)) this.#seen.set(table, this.#all.get(table) ?? this.#seen.get(table) ?? 0);
    }
    for (const [table, rows] of running) this.#seen.set(table, rows);
    const done = [...this.#seen.values()].reduce((sum, rows) => sum + rows, 0);
    // The tables may have grown since they were counted.
    return Math.min(done, this.all);
  }
}

/**
 * Reports the rows that pg_dump has read, twice a second while it reads some, until it is disposed of. An error here is ignored, because it
 * only shows progress.
 * @param session may be used for other queries meanwhile
 */
export function watchCopies(session: Session, all: RowCounts, report: Report) {
  const copied = new CopiedRows(all);
  let timer: NodeJS.Timeout | undefined;
  let isRunning = false;
  let isOver = false;
  const read = async () => {
    const rows = await session.query<{ table: string; rows: string }>(copies);
    const done = copied.update(new Map(rows.map(({ table, rows: read }) => [table, Number(read)])));
    const part = rows[0]?.table;
    isRunning = part !== undefined;
    if (part !== undefined && !isOver) report({ done, all: copied.all, noun: "rows", part });
    next();
  };
  const next = () => {
    if (isOver) return;
    timer = setTimeout(() => void read().catch(() => undefined), pauseMs);
  };
  next();
  return {
    /** Whether some rows were being read a moment ago. */
    isRunning: () => isRunning,
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
