/**
 * SQL that a server prints, made comparable. What is printed for an expression is not always what is printed for it after
 * a dump and a restore: `s in ('a', 'b')` on a varchar is first `(ARRAY['a'::character varying, ...])::text[]` and then
 * `ARRAY[('a'::character varying)::text, ...]`. Names, literals, operators and their order stay; casts, parentheses and
 * spaces go.
 */

/** A string, a quoted name, or anything between. */
const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[^'"]+/g;
const cast =
  /::\s*(?:character varying|bit varying|double precision|(?:timestamp|time)(?:\(\d\))? with(?:out)? time zone|[a-z_][\w.]*)(?:\(\d+(?:,\d+)?\))?(?:\[\])*/gi;

/** The definition without what may change in a restore. Only for comparing, never to be run. */
export function canonicalDefinition(definition: string): string {
  return [...definition.matchAll(token)]
    .map(([part]) => (/^['"]/.test(part) ? part : part.replaceAll(cast, "").replaceAll(/[()\s]/g, "")))
    .join("");
}
