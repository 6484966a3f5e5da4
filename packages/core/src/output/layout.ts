/** Text in columns, as wide as the terminal. Measures what a terminal shows: colors take no columns, wide characters take two. */
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

/** The widest page, in columns. A terminal may have fewer. */
export const mostColumns = 100;

/** A narrower column of text is hard to read: a long text is printed below its row instead. */
const leastText = 40;

/** Spaces between two columns of a table. */
const gap = 2;

export interface Row {
  /** The left part of the first line, with its indentation. */
  label: string;
  text: string;
  /** Aligned right, at the end of the first line: a duration. */
  right?: string;
}

/** Where lines are printed. */
export interface Page {
  width: number;
  /** False for pipes: there a row is one line of any length. */
  wraps: boolean;
}

/** A column of a table. */
export interface Column {
  /** Default: left. */
  align?: "left" | "right";
  /** The narrowest that this column may be, in columns of the terminal. */
  least?: number;
  /** The one column that becomes narrower if the table is wider than the page: its text continues on further lines. */
  wraps?: boolean;
}

/** `text` padded with spaces to a width, on the right or on the left. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const spaces = " ".repeat(Math.max(0, width - stringWidth(text)));
  return align === "left" ? `${text}${spaces}` : `${spaces}${text}`;
}

/** `text` cut to a width; a wide character that fits only in half is left out. */
export function cut(text: string, width: number): string {
  let result = "";
  for (const { segment } of new Intl.Segmenter("en").segment(text)) {
    if (stringWidth(result + segment) > width) break;
    result += segment;
  }
  return result;
}

/** Lines of at most `width` columns, broken at spaces. A longer word is not broken, so that it can be copied. */
export function wrapWords(text: string, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const [first = "", ...further] = wrapAnsi(paragraph, width, { hard: false, trim: false }).split("\n");
    return [first.trimEnd(), ...further.map((line) => line.trim())].filter(
      (line, index) => index === 0 || line !== "",
    );
  });
}

/** The lines of a row; further lines hang below the text of the first. */
export function layOut({ label, text, right = "" }: Row, { width, wraps }: Page): string[] {
  const indent = stringWidth(label);
  const column = right === "" ? 0 : Math.max(8, right.length) + 1;
  const isNarrow = wraps && width - indent - column < leastText;
  const room = Math.max(width - indent - (isNarrow ? 0 : column), 1);
  const [first = "", ...further] = wraps ? wrapWords(text, room) : [text];
  const end = isNarrow || right === "" ? "" : ` ${pad(right, column - 1, "right")}`;
  const line = end === "" ? first : `${pad(first, room)}${end}`;
  return [`${label}${line}`.trimEnd(), ...further.map((next) => `${" ".repeat(indent)}${next}`)];
}

/**
 * The lines of a hint, in which each command stands after two spaces. When the hint is longer than the page, each command
 * gets its own lines.
 * @param label the start of the first line, with its indentation
 */
export function layOutHint(label: string, hint: string, page: Page): string[] {
  const oneLine = layOut({ label, text: hint }, page);
  if (oneLine.length === 1) return oneLine;
  const indent = stringWidth(label);
  const room = page.width - indent;
  const lines = hint
    .split(/ {2,}/)
    .flatMap((part, index) =>
      index % 2 === 0
        ? wrapWords(part, room)
        : wrapCommand(part, room - gap).map((line) => `${" ".repeat(gap)}${line}`),
    );
  return lines.map((line, index) => `${index === 0 ? label : " ".repeat(indent)}${line}`);
}

/** The lines of a command, broken before options; each ends in a backslash, so that the command can be copied. */
function wrapCommand(command: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const part of command.split(/ (?=--)/)) {
    const joined = current === "" ? part : `${current} ${part}`;
    if (current === "" || stringWidth(joined) + gap <= width) current = joined;
    else {
      lines.push(`${current} \\`);
      current = `${" ".repeat(gap)}${part}`;
    }
  }
  return [...lines, current];
}

/**
 * The lines of a table: columns as wide as their longest cell, two spaces apart. If the table is wider than the page, the column that
 * `wraps` becomes narrower. If that column would be too narrow, its cells are printed below their rows.
 * @param indent spaces before every line
 */
export function layOutTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  page: Page,
  indent = 2,
): string[] {
  const widths = columns.map((column, index) =>
    Math.max(column.least ?? 0, ...rows.map((row) => stringWidth(row[index] ?? ""))),
  );
  const flexible = columns.findIndex(({ wraps }) => wraps === true);
  const total = indent + widths.reduce((sum, width) => sum + width, 0) + gap * (columns.length - 1);
  const excess = page.wraps ? total - page.width : 0;
  if (excess <= 0 || flexible === -1) return rows.map((row) => tableLine(columns, widths, row, indent));
  const room = (widths[flexible] ?? 0) - excess;
  if (room >= leastText / 2) {
    const narrowed = widths.map((width, index) => (index === flexible ? room : width));
    return rows.flatMap((row) => wrappedLines(columns, narrowed, row, { flexible, indent }));
  }
  const without = (cells: readonly (string | Column | number)[]) =>
    cells.filter((_, index) => index !== flexible);
  return rows.flatMap((row) => [
    tableLine(without(columns) as Column[], without(widths) as number[], without(row) as string[], indent),
    ...wrapWords(row[flexible] ?? "", page.width - indent - gap).flatMap((line) =>
      line === "" ? [] : [`${" ".repeat(indent + gap)}${line}`],
    ),
  ]);
}

function wrappedLines(
  columns: readonly Column[],
  widths: readonly number[],
  row: readonly string[],
  { flexible, indent }: { flexible: number; indent: number },
): string[] {
  const [first = "", ...further] = wrapWords(row[flexible] ?? "", widths[flexible] ?? 1);
  const line = (cell: string, others: readonly string[]) =>
    tableLine(
      columns,
      widths,
      columns.map((_, index) => (index === flexible ? cell : (others[index] ?? ""))),
      indent,
    );
  return [line(first, row), ...further.map((next) => line(next, []))];
}

function tableLine(
  columns: readonly Column[],
  widths: readonly number[],
  row: readonly string[],
  indent: number,
): string {
  const cells = columns.map(({ align }, index) => pad(row[index] ?? "", widths[index] ?? 0, align));
  return `${" ".repeat(indent)}${cells.join(" ".repeat(gap))}`.trimEnd();
}
