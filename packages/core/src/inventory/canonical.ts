/**
 * Makes SQL that a server prints comparable. A server does not always print the same text for an expression after a dump and a
 * restore: `s in ('a', 'b')` on a varchar is first `(ARRAY['a'::character varying, ...])::text[]` and then
 * `ARRAY[('a'::character varying)::text, ...]`. The canonical form keeps names, literals, operators and their
 * order, and removes casts, parentheses and spaces.
 */

/** A string, a quoted name, or the text between two of them. */
const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[^'"]+/g;
const cast =
  /::\s*(?:character varying|bit varying|double precision|(?:timestamp|time)(?:\(\d\))? with(?:out)? time zone|[a-z_][\w.]*)(?:\(\d+(?:,\d+)?\))?(?:\[\])*/gi;

/** The definition without the parts that a restore may change. Only for comparisons: it is not valid SQL. */
export function canonicalDefinition(definition: string): string {
  return [...definition.matchAll(token)]
    .map(([part]) => (/^['"]/.test(part) ? part : part.replaceAll(cast, "").replaceAll(/[()\s]/g, "")))
    .join("");
}
