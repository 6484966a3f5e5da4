/**
 * Entries whose SQL names no schema for an operator. SQL has no place for it in `IS DISTINCT FROM`, NULLIF, `CASE x WHEN`, `JOIN ... USING`,
 * and in comparisons of rows after the first column. A restore with an empty search_path finds no operator of an extension for them
 * (`hstore = hstore` fails), or another one: `citext IS DISTINCT FROM citext` then compares as text. Such entries are restored with the schemas
 * of the operators in search_path. Pure.
 */
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";

// Not `USING btree (a)` of an index, and not `FOR EACH ROW` of a trigger.
const withoutSchema =
  /\b(?:(?:IS (?:NOT )?DISTINCT FROM|NULLIF|CASE|NATURAL)\b|USING \(|ROW\(|IN \(\s*SELECT\b)/;

/** Entries with a body that is only text: the server does not parse it before it is called. */
const isText = ({ type, sql }: ArchiveEntry) =>
  (type === "FUNCTION" || type === "PROCEDURE") && !/\bBEGIN ATOMIC\b/.test(sql);

/**
 * The value of search_path with which the operators of a dump are found; undefined if none of its extensions and operators is in a schema other
 * than `pg_catalog`.
 * @param entries all entries of the dump
 */
export function operatorPath(entries: readonly ArchiveEntry[]): string | undefined {
  const schemas = entries.flatMap(({ type, sql }) => {
    if (type === "EXTENSION") return / WITH SCHEMA ((?:"(?:[^"]|"")*")|[^\s;"]+);/.exec(sql)?.[1] ?? [];
    if (type === "OPERATOR") return /^CREATE OPERATOR ((?:"(?:[^"]|"")*")|[^\s."]+)\./.exec(sql)?.[1] ?? [];
    return [];
  });
  const names = [...new Set(schemas)].filter((name) => name !== "pg_catalog");
  return names.length === 0 ? undefined : names.join(", ");
}

/** The entries that need the operators in search_path, and the entries that depend on them, in their order. */
export function boundToOperators(entries: readonly ArchiveEntry[]): ArchiveEntry[] {
  const bound = new Set(entries.filter(needsOperators).map(({ id }) => id));
  for (let before = 0; before < bound.size;) {
    before = bound.size;
    for (const { id, dependencies } of entries) {
      if (dependencies.some((each) => bound.has(each))) bound.add(id);
    }
  }
  return entries.filter(({ id }) => bound.has(id));
}

/** Whether the entry needs the operators in search_path. */
export function needsOperators(entry: ArchiveEntry): boolean {
  return !isText(entry) && withoutSchema.test(entry.sql);
}

const emptyPath = "SELECT pg_catalog.set_config('search_path', '', false);";

/** The script of pg_restore, or its statement, with another search_path. */
export function withSearchPath(script: string, path: string): string {
  const value = path.replaceAll("'", "''");
  return script.replace(emptyPath, () => `SELECT pg_catalog.set_config('search_path', '${value}', false);`);
}
