/** What terraform and cdktf print for a terminal, as plain lines: without colors, boxes, spinners and marks of their logs. */
import { stripVTControlCharacters } from "node:util";

/** `╷│╵` of terraform's errors, and other frames of a line. */
const frame = /^[\u2500-\u257F]+\s?|\s*[\u2500-\u257F]+$/g;

/** A frame of cdktf's spinner, a Braille sign: `⠋  Synthesizing`. */
const spinner = /^\s*[\u2800-\u28FF]\s/;

/** `[2026-11-25T21:09:02.218] [ERROR] default - ` of cdktf's log. */
const logMark = /^\[\d{4}-\d\d-\d\dT[\d:.]+\] \[[A-Z]+\] \S+ - /;

/** One line; empty if it holds no text. The indentation is kept. */
export function plainLine(line: string): string {
  const text = stripVTControlCharacters(line).trimEnd();
  // A terminal overwrites the text before a carriage return.
  const last = text.slice(text.lastIndexOf("\r") + 1);
  if (spinner.test(last)) return "";
  return last.replaceAll(frame, "").replace(logMark, "").trimEnd();
}

/** The lines that hold text, each once: cdktf prints the same line on both streams, and repeats warnings. */
export function plainLines(lines: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const line of lines.map(plainLine)) {
    const key = line.trim();
    if (key !== "" && !seen.has(key)) seen.set(key, line);
  }
  return [...seen.values()];
}
