/** Which entries of an archive are restored. */
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";

export interface RestoreListOptions {
  /** Extensions that the target does not offer and that no object needs. */
  skippedExtensions: readonly string[];
  /** Configuration tables and sequences of these extensions, as `nameOfRelation` writes them. */
  skippedRelations: ReadonlySet<string>;
  /** The role may set the comment of the schema public in the staging database. */
  mayCommentPublic: boolean;
}

/** A key for a relation that no other relation has, with any characters in the names. */
export function nameOfRelation(schema: string | null, name: string): string {
  return JSON.stringify([schema, name]);
}

/**
 * True for entries that cannot or must not be restored: a new database has the schema public already; comments on extensions
 * need the extension's owner; event triggers act on the whole database and need a superuser; an extension that is left out
 * takes the rows of its configuration tables and the positions of its sequences with it.
 */
export function isLeftOut(entry: ArchiveEntry, options: RestoreListOptions): boolean {
  const { type, schema, tag } = entry;
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
      if (tag === "SCHEMA public") return !options.mayCommentPublic;
      return /^(?:EXTENSION|EVENT TRIGGER) /.test(tag);
    default:
      return false;
  }
}

/** The file for `pg_restore --use-list`, which reads the number at the beginning of each line. */
export function restoreList(entries: readonly ArchiveEntry[], options: RestoreListOptions): string {
  return entries
    .filter((entry) => !isLeftOut(entry, options))
    .map(({ id, type, schema, tag }) => `${id}; ${type} ${schema ?? "-"} ${tag}`.replaceAll(/[\r\n]/g, " "))
    .join("\n");
}
