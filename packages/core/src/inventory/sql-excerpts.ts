/** The place at which two SQL texts differ, as a short part of each, for messages. */
import type { CanonicalSql } from "./sql-text.ts";
import type { Token } from "./sql-tree.ts";

/** Characters around a difference that are shown. */
const before = 50;
const after = 90;

/** The first difference between two texts, as a short part of each. */
export function excerpts(expected: CanonicalSql, actual: CanonicalSql): { expected: string; actual: string } {
  const [left, right] = [expected.tokens, actual.tokens];
  let index = 0;
  while (index < left.length && index < right.length && left[index]?.text === right[index]?.text) index += 1;
  const within = commonPrefix(left[index], right[index]);
  return { expected: pieceAt(expected, index, within), actual: pieceAt(actual, index, within) };
}

/** Number of characters that two literals have in common at their beginning. The body of a function is one long literal. */
function commonPrefix(a: Token | undefined, b: Token | undefined): number {
  if (a?.text.startsWith("'") !== true || b?.text.startsWith("'") !== true) return 0;
  let length = 0;
  while (length < a.text.length && a.text[length] === b.text[length]) length += 1;
  return length;
}

function pieceAt({ text, tokens }: CanonicalSql, index: number, within: number): string {
  const token = tokens.slice(index).find(({ start }) => start >= 0);
  const position = token === undefined ? text.length : Math.min(token.start + within, token.end);
  const start = position <= before ? 0 : position - before;
  const end = Math.min(text.length, position + after);
  const line = text.slice(start, end).replaceAll(/\s+/g, " ").trim();
  return `${start > 0 ? "..." : ""}${line}${end < text.length ? "..." : ""}`;
}
