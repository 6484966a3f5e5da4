/** Quoting of names and values that cannot be parameters (DDL takes none). */
import pg from "pg";

/** `name` as a quoted identifier. */
export function ident(...path: readonly string[]): string {
  return path.map((name) => pg.escapeIdentifier(name)).join(".");
}

/** `value` as a string literal. */
export function literal(value: string): string {
  return pg.escapeLiteral(value);
}
