/** SQL as a tree: its tokens, grouped by brackets. Comments and spaces are left out. */

/** A word, a literal or a sign. `start` and `end` are its place in the text; both are -1 for a token that a rule has added. */
export interface Token {
  text: string;
  start: number;
  end: number;
}

/** The content of a pair of brackets. */
export interface Group {
  open: "(" | "[";
  items: Node[];
}

export type Node = Token | Group;

export const isGroup = (node: Node | undefined, open?: Group["open"]): node is Group =>
  node !== undefined && "items" in node && (open === undefined || node.open === open);
export const isWord = (node: Node | undefined, word: string): node is Token =>
  node !== undefined && "text" in node && node.text === word;
export const added = (text: string): Token => ({ text, start: -1, end: -1 });

const anyToken =
  /(?<space>\s+|--[^\n]*|\/\*[^]*?\*\/)|"(?:[^"]|"")*"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d[\w.]*|::|[-+*/<>=~!@#%^&|`?]+|[^]/y;
const plainString = /'(?:[^']|'')*'/y;
const dollarString = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;

/** The tokens of a text. All literals are written in the same way, with any kind of quotes. */
export function tokenize(text: string, standardStrings: boolean): Token[] {
  const tokens: Token[] = [];
  const add = (start: number, end: number, value: string) => tokens.push({ text: value, start, end });
  for (let at = 0; at < text.length;) {
    const string = stringAt(text, at, standardStrings);
    if (string !== undefined) {
      add(at, string.end, `'${string.value}'`);
      at = string.end;
      continue;
    }
    anyToken.lastIndex = at;
    const match = anyToken.exec(text);
    const [word = text.charAt(at)] = match ?? [];
    if (match?.groups?.space === undefined) add(at, at + word.length, word);
    at += word.length;
  }
  return tokens;
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
export function nest(tokens: readonly Token[]): Node[] | undefined {
  const root: Node[] = [];
  const stack: { items: Node[]; close: string }[] = [{ items: root, close: "" }];
  for (const token of tokens) {
    const top = stack.at(-1);
    if (top === undefined) return undefined;
    if (token.text === "(" || token.text === "[") {
      const group: Group = { open: token.text, items: [] };
      top.items.push(group);
      stack.push({ items: group.items, close: token.text === "(" ? ")" : "]" });
    } else if (token.text === ")" || token.text === "]") {
      if (top.close !== token.text) return undefined;
      stack.pop();
    } else {
      top.items.push(token);
    }
  }
  return stack.length === 1 ? root : undefined;
}

/** The tokens of a tree, with those of its brackets. */
export function flatten(nodes: readonly Node[]): Token[] {
  return nodes.flatMap((node) =>
    isGroup(node) ? [added(node.open), ...flatten(node.items), added(node.open === "(" ? ")" : "]")] : [node],
  );
}

/** The parts between the separators that are in no brackets; none for an empty list. */
export function split(nodes: readonly Node[], separator: string): Node[][] {
  const parts: Node[][] = [[]];
  for (const node of nodes) {
    if (isWord(node, separator)) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  return nodes.length === 0 ? [] : parts;
}
