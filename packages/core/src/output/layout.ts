/** Text in columns, as wide as the terminal: what is too long goes on below its beginning, broken between words. */
import { stripVTControlCharacters } from "node:util";

/** Columns of everything that is printed, where a terminal does not have fewer. */
export const mostColumns = 100;

/** A narrower column of text is hard to read: then nothing is beside it. */
const leastText = 40;

export interface Row {
  /** What stands on the left of the first line, with its indentation; colours do not count. */
  label: string;
  text: string;
  /** Aligned right, at the end of the first line: a duration. */
  right?: string;
}

/** Where a row is printed. */
export interface Page {
  width: number;
  /** False for pipes: there a row is one line, whatever its length. */
  wraps: boolean;
}

/** Visible length: colours take no place. */
function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Lines of at most `width` characters, broken at spaces; a longer word stays whole, so that it can be copied. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line: string | undefined;
    // Several spaces are a column of its own.
    for (const [, space = "", word = ""] of paragraph.matchAll(/(\s*)(\S+)/g)) {
      if (line === undefined) line = `${space}${word}`;
      else if (lengthOf(line) + space.length + lengthOf(word) <= width) line += `${space}${word}`;
      else {
        lines.push(line);
        line = word;
      }
    }
    lines.push(line ?? "");
  }
  return lines;
}

/** The lines of a row; the further ones hang below the text of the first. */
export function layOut({ label, text, right = "" }: Row, { width, wraps }: Page): string[] {
  const indent = lengthOf(label);
  const column = right === "" ? 0 : Math.max(8, right.length) + 1;
  const isNarrow = wraps && width - indent - column < leastText;
  const room = Math.max(width - indent - (isNarrow ? 0 : column), 1);
  const [first = "", ...further] = wraps ? wrapWords(text, room) : [text];
  const padding = " ".repeat(Math.max(0, room - lengthOf(first)));
  const end = isNarrow || right === "" ? "" : `${padding} ${right.padStart(column - 1)}`;
  return [`${label}${first}${end}`.trimEnd(), ...further.map((line) => `${" ".repeat(indent)}${line}`)];
}
