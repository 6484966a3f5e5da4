/** Which entries of a dump are restored, and which run of pg_restore restores them. */
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { nameOfRelation } from "../read/inventory.ts";

export interface RestoreListOptions {
  /** Extensions that the target does not offer and that no object needs. */
  skippedExtensions: readonly string[];
  /** Configuration tables and sequences of these extensions, as `nameOfRelation` writes them. */
  skippedRelations: ReadonlySet<string>;
  /** Whether the role may set the comment of the schema public in the staging database. */
  mayCommentPublic: boolean;
}

/**
 * Whether an entry cannot or must not be restored. A new database has the schema public already. Only the owner of an extension may comment
 * on it. An event trigger acts on the complete database and needs a superuser. If an extension is left out, so are the rows of its
 * configuration tables and the positions of its sequences.
 */
export function isLeftOut(entry: ArchiveEntry, options: RestoreListOptions): boolean {
  const { type, schema, sql, tag } = entry;
  switch (type) {
    case "SCHEMA":
      return tag === "public";
    case "EVENT TRIGGER":
    case "DATABASE PROPERTIES":
      return true;
    case "EXTENSION":
      return options.skippedExtensions.includes(tag);
    case "TABLE DATA":
    case "SEQUENCE SET":
      return options.skippedRelations.has(nameOfRelation(schema, tag));
    case "COMMENT":
      // With `--schema=public`, pg_dump also writes the comment that every new database has.
      if (tag === "SCHEMA public") return !options.mayCommentPublic || sql.includes(commentOfPublic);
      return /^(?:EXTENSION|EVENT TRIGGER) /.test(tag);
    default:
      return false;
  }
}

const commentOfPublic = "COMMENT ON SCHEMA public IS 'standard public schema';";

/** The file for `pg_restore --use-list`, which reads the number at the beginning of each line. */
export function listOf(entries: readonly ArchiveEntry[]): string {
  return entries
    .map(({ id, type, schema, tag }) => `${id}; ${type} ${schema ?? "-"} ${tag}`.replaceAll(/[\r\n]/g, " "))
    .join("\n");
}

/**
 * Divides the entries among several runs of pg_restore that load rows at the same time. Each run gets about the same number of bytes. The
 * first run also gets every entry that is not the rows of a table. Each list keeps the order of the dump, because a stream is read in it.
 * @param bytes size of each table, by `nameOfRelation`
 * @returns one list for each run, at most `loaders`; the first may be empty
 */
export function distribute(
  entries: readonly ArchiveEntry[],
  bytes: ReadonlyMap<string, number>,
  loaders: number,
): ArchiveEntry[][] {
  const sizeOf = ({ schema, tag }: ArchiveEntry) => bytes.get(nameOfRelation(schema, tag)) ?? 0;
  const loads = Array.from({ length: loaders }, () => ({ bytes: 0, ids: new Set<number>() }));
  const tables = entries.filter(({ type }) => type === "TABLE DATA");
  for (const table of tables.toSorted((a, b) => sizeOf(b) - sizeOf(a))) {
    const least = loads.reduce((best, load) => (load.bytes < best.bytes ? load : best));
    // A table without rows takes time as well.
    least.bytes += sizeOf(table) + 8192;
    least.ids.add(table.id);
  }
  return loads
    .filter(({ ids }, index) => index === 0 || ids.size > 0)
    .map(({ ids }, index) =>
      entries.filter(({ id, type }) => ids.has(id) || (index === 0 && type !== "TABLE DATA")),
    );
}
