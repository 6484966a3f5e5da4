/** SQL as a tree: its words, literals and signs, grouped by brackets. Comments and spaces are left out. */

/** One word, literal or sign. `start` and `end` lie in the text; both are -1 for what a rule has added. */
export interface Leaf {
  text: string;
  start: number;
  end: number;
}

export interface Group {
  open: "(" | "[";
  items: Node[];
}

export type Node = Leaf | Group;

export const isGroup = (node: Node | undefined, open?: Group["open"]): node is Group =>
  node !== undefined && "items" in node && (open === undefined || node.open === open);
export const isWord = (node: Node | undefined, word: string): node is Leaf =>
  node !== undefined && "text" in node && node.text === word;
export const added = (text: string): Leaf => ({ text, start: -1, end: -1 });

const token =
  /(?<space>\s+|--[^\n]*|\/\*[^]*?\*\/)|"(?:[^"]|"")*"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d[\w.]*|::|[-+*/<>=~!@#%^&|`?]+|[^]/y;
const plainString = /'(?:[^']|'')*'/y;
const dollarString = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;

/** Words, literals and signs. All literals are written in the same way, with any kind of quotes. */
export function tokens(text: string, standardStrings: boolean): Leaf[] {
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
export function nest(leaves: readonly Leaf[]): Node[] | undefined {
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

export function flatten(nodes: readonly Node[]): Leaf[] {
  return nodes.flatMap((node) =>
    isGroup(node) ? [added(node.open), ...flatten(node.items), added(node.open === "(" ? ")" : "]")] : [node],
  );
}

export function split(nodes: readonly Node[], separator: string): Node[][] {
  const parts: Node[][] = [[]];
  for (const node of nodes) {
    if (isWord(node, separator)) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  return nodes.length === 0 ? [] : parts;
}
