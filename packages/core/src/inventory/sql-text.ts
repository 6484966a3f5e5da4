/**
 * Makes SQL that pg_dump writes comparable. When a server has read an expression from its own output, it prints the expression differently
 * in a few ways. Only these differences are removed. Every other parenthesis, cast, name and literal counts, and so does their order:
 *
 * 1. `s in ('a', 'b')` on a varchar is first `(ARRAY['a'::character varying, ...])::text[]` and after a restore
 *    `ARRAY[('a'::character varying)::text, ...]`: the parser moves the cast of an array into its elements
 *    (`transformTypeCast` in src/backend/parser/parse_expr.c);
 * 2. `x between 1 and 5 and y` is first `((x >= 1) AND (x <= 5)) AND y`, after a restore without the inner parentheses: the
 *    grammar makes one list of operands that begin with a list (`makeAndExpr` in src/backend/parser/gram.y);
 * 3. a literal with a backslash is written according to `standard_conforming_strings` of its database;
 * 4. `(select 'a')` has no name for its column, and is printed with the type of the literal: `(SELECT 'a'::text)`. The cast names the
 *    column after a restore: `(SELECT 'a'::text AS text)` (`get_target_list` in src/backend/utils/adt/ruleutils.c, `FigureColname` in
 *    src/backend/parser/parse_target.c);
 * 5. a natural join of tables without a common column is first printed as `ON TRUE`, and after a restore as `ON (true)`.
 */

/** One word, literal or sign. `start` and `end` lie in the text; both are -1 for what a rule has added. */
interface Leaf {
  text: string;
  start: number;
  end: number;
}

interface Group {
  open: "(" | "[";
  items: Node[];
}

type Node = Leaf | Group;

const isGroup = (node: Node | undefined, open?: Group["open"]): node is Group =>
  node !== undefined && "items" in node && (open === undefined || node.open === open);
const isWord = (node: Node | undefined, word: string): node is Leaf =>
  node !== undefined && "text" in node && node.text === word;
const added = (text: string): Leaf => ({ text, start: -1, end: -1 });

/** SQL in its comparable form. */
export interface CanonicalSql {
  /** The same for two texts if and only if they mean the same. Only for comparisons: it is not valid SQL. */
  key: string;
  text: string;
  leaves: readonly Leaf[];
}

export interface SqlTextOptions {
  /** `standard_conforming_strings` of the database that the text was written for. */
  standardStrings: boolean;
  /** The text creates a table that inherits columns. A restore may create them in another order. */
  anyColumnOrder?: boolean;
}

/** The comparable form of SQL as pg_dump writes it. */
export function canonicalSql(
  text: string,
  { standardStrings, anyColumnOrder }: SqlTextOptions,
): CanonicalSql {
  const flat = tokens(text, standardStrings);
  const tree = nest(flat);
  if (tree === undefined) return withKey(text, flat);
  const even = evenOut(tree);
  return withKey(text, flatten(anyColumnOrder === true ? sortColumns(even) : even));
}

function withKey(text: string, leaves: readonly Leaf[]): CanonicalSql {
  return { text, leaves, key: leaves.map((leaf) => leaf.text).join("\0") };
}

const token =
  /(?<space>\s+|--[^\n]*|\/\*[^]*?\*\/)|"(?:[^"]|"")*"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d[\w.]*|::|[-+*/<>=~!@#%^&|`?]+|[^]/y;
const plainString = /'(?:[^']|'')*'/y;
const dollarString = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;

/** Words, literals and signs. All literals are written in the same way, with any kind of quotes. */
function tokens(text: string, standardStrings: boolean): Leaf[] {
  const leaves: Leaf[] = [];
  const add = (start: number, end: number, value: string) => leaves.push({ text: value, start, end });
  for (let at = 0; at < text.length;) {
    const string = stringAt(text, at, standardStrings);
    if (string !== undefined) {
      add(at, string.end, `'${string.value}'`);
      at = string.end;
      continue;
    }
    token.lastIndex = at;
    const match = token.exec(text);
    const [word = text.charAt(at)] = match ?? [];
    if (match?.groups?.space === undefined) add(at, at + word.length, word);
    at += word.length;
  }
  return leaves;
}

/** The literal that begins at a position, if one does. */
function stringAt(
  text: string,
  at: number,
  standardStrings: boolean,
): { value: string; end: number } | undefined {
  const first = text.charAt(at);
  if (first === "$") {
    dollarString.lastIndex = at;
    const [tag] = dollarString.exec(text) ?? [];
    if (tag === undefined) return undefined;
    const end = text.indexOf(tag, at + tag.length);
    return end < 0 ? undefined : { value: text.slice(at + tag.length, end), end: end + tag.length };
  }
  const escaped = (first === "E" || first === "e") && text.charAt(at + 1) === "'";
  if (first !== "'" && !escaped) return undefined;
  const pattern = standardStrings && !escaped ? plainString : /[eE]?'(?:[^'\\]|\\[^]|'')*'/y;
  pattern.lastIndex = at;
  const [whole] = pattern.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const inner = whole.slice(escaped ? 2 : 1, -1).replaceAll("''", "'");
  const value = pattern === plainString ? inner : inner.replaceAll(/\\([^])/g, "$1");
  return { value, end: at + whole.length };
}

/** Groups the tokens in brackets; undefined if the brackets do not match. */
function nest(leaves: readonly Leaf[]): Node[] | undefined {
  const root: Node[] = [];
  const stack: { items: Node[]; close: string }[] = [{ items: root, close: "" }];
  for (const leaf of leaves) {
    const top = stack.at(-1);
    if (top === undefined) return undefined;
    if (leaf.text === "(" || leaf.text === "[") {
      const group: Group = { open: leaf.text, items: [] };
      top.items.push(group);
      stack.push({ items: group.items, close: leaf.text === "(" ? ")" : "]" });
    } else if (leaf.text === ")" || leaf.text === "]") {
      if (top.close !== leaf.text) return undefined;
      stack.pop();
    } else {
      top.items.push(leaf);
    }
  }
  return stack.length === 1 ? root : undefined;
}

function flatten(nodes: readonly Node[]): Leaf[] {
  return nodes.flatMap((node) =>
    isGroup(node) ? [added(node.open), ...flatten(node.items), added(node.open === "(" ? ")" : "]")] : [node],
  );
}

function evenOut(nodes: readonly Node[]): Node[] {
  const inner = nodes.map((node) => (isGroup(node) ? { ...node, items: evenOut(node.items) } : node));
  return joinOperands(dropCastNames(moveCasts(inner)));
}

/** Rule 1: the cast of an array becomes one of each element. */
function moveCasts(nodes: readonly Node[]): Node[] {
  const result: Node[] = [];
  for (let at = 0; at < nodes.length; at += 1) {
    const node = nodes[at];
    if (node === undefined) break;
    // The server prints definitions of statistics with as few parentheses as possible.
    const isPretty = isArray(nodes.slice(at, at + 2));
    const array = isPretty
      ? nodes[at + 1]
      : isGroup(node, "(") && isArray(node.items)
        ? node.items[1]
        : undefined;
    const colons = isPretty ? at + 2 : at + 1;
    const type = isWord(nodes[colons], "::") ? typeAt(nodes, colons + 1) : undefined;
    if (!isGroup(array, "[") || array.items.length === 0 || type === undefined) {
      result.push(node);
      continue;
    }
    result.push(added("ARRAY"), castElements(array, type.element, isPretty));
    at = type.end - 1;
  }
  return result;
}

const isArray = (items: readonly Node[]) =>
  items.length === 2 && isWord(items[0], "ARRAY") && isGroup(items[1], "[");

/** The type that begins at a position, if it is one of an array: words, quoted names, dots and a modifier, then `[]`. */
function typeAt(nodes: readonly Node[], start: number): { element: Node[]; end: number } | undefined {
  for (let end = start; end < nodes.length; end += 1) {
    const node = nodes[end];
    if (isGroup(node, "[")) {
      return node.items.length === 0 && end > start
        ? { element: nodes.slice(start, end), end: end + 1 }
        : undefined;
    }
    if (
      !isGroup(node, "(") &&
      !(node !== undefined && "text" in node && /^["\w.\u0080-\uffff]/.test(node.text))
    ) {
      return undefined;
    }
  }
  return undefined;
}

function castElements({ items }: Group, type: readonly Node[], isPretty: boolean): Group {
  const elements = split(items, ",").map((element) => {
    const [, nested] = element;
    if (isArray(element) && isGroup(nested)) return [added("ARRAY"), castElements(nested, type, isPretty)];
    return castElement(element, type, isPretty);
  });
  const joined = elements.flatMap((element, index) => (index === 0 ? element : [added(","), ...element]));
  return { open: "[", items: joined };
}

/** A literal of the same type gets the type's modifier in its own cast (`get_coercion_expr` in src/backend/utils/adt/ruleutils.c). */
function castElement(element: readonly Node[], type: readonly Node[], isPretty: boolean): Node[] {
  const [value, colons, ...own] = element;
  const plain = type.filter((node) => !isGroup(node, "("));
  const keyOf = (nodes: readonly Node[]) => withKey("", flatten(nodes)).key;
  if (value !== undefined && "text" in value && value.text.startsWith("'") && isWord(colons, "::")) {
    if (keyOf(own) === keyOf(plain)) return [value, added("::"), ...type];
  }
  const isSimple = !element.some(
    (node) => "text" in node && /^(?:[-+*/<>=~!@#%^&|`?]+|AND|OR|NOT|IS|COLLATE|AT)$/.test(node.text),
  );
  if (isPretty && isSimple) return [...element, added("::"), ...type];
  return [{ open: "(", items: [...element] }, added("::"), ...type];
}

function split(nodes: readonly Node[], separator: string): Node[][] {
  const parts: Node[][] = [[]];
  for (const node of nodes) {
    if (isWord(node, separator)) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  return nodes.length === 0 ? [] : parts;
}

/** The names in the catalogs of types that SQL calls by other names, by their first words in SQL. */
const catalogNames: readonly [words: string, name: string][] = [
  ["timestamp with time zone", "timestamptz"],
  ["timestamp without time zone", "timestamp"],
  ["time with time zone", "timetz"],
  ["time without time zone", "time"],
  ["character varying", "varchar"],
  ["character", "bpchar"],
  ["double precision", "float8"],
  ["real", "float4"],
  ["bigint", "int8"],
  ["integer", "int4"],
  ["smallint", "int2"],
  ["boolean", "bool"],
  ["bit varying", "varbit"],
  ["interval", "interval"],
];

/** Rules 4 and 5. */
function dropCastNames(nodes: readonly Node[]): Node[] {
  const result: Node[] = [];
  for (let at = 0; at < nodes.length; at += 1) {
    const node = nodes[at];
    if (node === undefined) break;
    const before = nodes[at - 1];
    if (isWord(node, "TRUE") && isWord(before, "ON")) {
      result.push({ open: "(", items: [added("true")] });
      continue;
    }
    const alias = nodes[at + 1];
    if (isWord(node, "AS") && alias !== undefined && "text" in alias) {
      // The server quotes some names of types.
      if (unquoted(alias.text) === unquoted(nameOfCast(nodes.slice(0, at)) ?? "")) {
        at += 1;
        continue;
      }
    }
    result.push(node);
  }
  return result;
}

const unquoted = (name: string) => name.replaceAll(/^"|"$/g, "");

/** If a list of columns ends with the cast of a literal: the name that the column gets from the cast. */
function nameOfCast(nodes: readonly Node[]): string | undefined {
  const start = nodes.findLastIndex(
    (node) => "text" in node && /^(?:SELECT|ALL|DISTINCT|RETURNING|,)$/.test(node.text),
  );
  const item = start < 0 ? [] : nodes.slice(start + 1);
  const [only] = item;
  const [value, colons, ...type] = item.length === 1 && isGroup(only, "(") ? only.items : item;
  const isLiteral = value !== undefined && "text" in value && /^(?:'|NULL$)/.test(value.text);
  if (!isLiteral || !isWord(colons, "::")) return undefined;
  const collate = type.findIndex((node) => isWord(node, "COLLATE"));
  const words = type
    .slice(0, collate < 0 ? undefined : collate)
    .flatMap((node) => ("text" in node ? [node.text] : []));
  const text = words.join(" ");
  const known = catalogNames.find(([first]) => text === first || text.startsWith(`${first} `));
  return known?.[1] ?? words.at(-1);
}

/** Rule 2: a list of ANDs that begins with a list of ANDs is one list. The same holds for OR. */
function joinOperands(nodes: readonly Node[]): Node[] {
  const [first, second] = nodes;
  if (!isGroup(first, "(") || second === undefined || !("text" in second)) return [...nodes];
  const operator = second.text;
  if (operator !== "AND" && operator !== "OR") return [...nodes];
  const other = operator === "AND" ? "OR" : "AND";
  const isList =
    first.items.some((node) => isWord(node, operator)) && !first.items.some((node) => isWord(node, other));
  return isList ? [...first.items, ...nodes.slice(1)] : [...nodes];
}

/** The columns and constraints of `CREATE TABLE name (...)` in order of their text. */
function sortColumns(nodes: readonly Node[]): Node[] {
  const at = nodes.findIndex((node) => isGroup(node, "("));
  const columns = nodes[at];
  if (!isGroup(columns)) return [...nodes];
  const sorted = split(columns.items, ",")
    .map((column) => ({ column, key: withKey("", flatten(column)).key }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .flatMap(({ column }, index) => (index === 0 ? column : [added(","), ...column]));
  return nodes.map((node, index) => (index === at ? { open: "(", items: sorted } : node));
}

/** Characters around a difference that are shown. */
const before = 50;
const after = 90;

/** The first difference between two texts, as a short part of each. */
export function excerpts(expected: CanonicalSql, actual: CanonicalSql): { expected: string; actual: string } {
  const [left, right] = [expected.leaves, actual.leaves];
  let index = 0;
  while (index < left.length && index < right.length && left[index]?.text === right[index]?.text) index += 1;
  const within = commonPrefix(left[index], right[index]);
  return { expected: pieceAt(expected, index, within), actual: pieceAt(actual, index, within) };
}

/** Number of characters that two literals have in common at their beginning. The body of a function is one long literal. */
function commonPrefix(a: Leaf | undefined, b: Leaf | undefined): number {
  if (a?.text.startsWith("'") !== true || b?.text.startsWith("'") !== true) return 0;
  let length = 0;
  while (length < a.text.length && a.text[length] === b.text[length]) length += 1;
  return length;
}

function pieceAt({ text, leaves }: CanonicalSql, index: number, within: number): string {
  const leaf = leaves.slice(index).find(({ start }) => start >= 0);
  const position = leaf === undefined ? text.length : Math.min(leaf.start + within, leaf.end);
  const start = position <= before ? 0 : position - before;
  const end = Math.min(text.length, position + after);
  const line = text.slice(start, end).replaceAll(/\s+/g, " ").trim();
  return `${start > 0 ? "..." : ""}${line}${end < text.length ? "..." : ""}`;
}
