/** Changes words of recorded transcripts without a new recording: rows that contain them are wrapped again, as the printer wraps them. */
import { layOut } from "@pilot-light/core/output/layout";

/**
 * A transcript with other words. Lines without the old words do not change.
 * @param oldWords as one line, also where a transcript has them on two
 */
export function reword(transcript: string, oldWords: string, newWords: string): string {
  let width = 0;
  const rows: { lines: string[]; width: number }[] = [];
  for (const line of transcript.split("\n")) {
    width = Number(/^# (\d+) columns$/.exec(line)?.[1] ?? width);
    const row = rows.at(-1);
    if (row !== undefined && continues(row.lines, line, width)) row.lines.push(line);
    else rows.push({ lines: [line], width });
  }
  return rows.flatMap((row) => rewordRow(row.lines, row.width, oldWords, newWords)).join("\n");
}

const indentOf = (line: string) => line.length - line.trimStart().length;

/**
 * Whether a line continues a row: it hangs below the text of the row, and its first word did not fit on the line before. A line that begins
 * as the row does is the next row of a list.
 */
function continues([first = "", ...further]: readonly string[], line: string, width: number): boolean {
  const indent = indentOf(line);
  if (line === "" || indent === 0) return false;
  const isBelow = further.every((each) => indentOf(each) === indent);
  const isText = first[indent] !== " " && first[indent - 1] === " " && first.length > indent;
  const [word = ""] = line.trimStart().split(" ");
  if (first.trimStart().startsWith(`${word} `)) return false;
  return isBelow && isText && (further.at(-1) ?? first).length + 1 + word.length > width;
}

function rewordRow(lines: readonly string[], width: number, oldWords: string, newWords: string): string[] {
  const [first = "", ...further] = lines;
  // Two spaces before a command end a line where the row was wrapped there.
  const all = further.reduce(
    (text, line) => `${text}${text.endsWith(":") ? "  " : " "}${line.trimStart()}`,
    first,
  );
  if (!all.includes(oldWords)) return [...lines];
  const old = all.indexOf(oldWords);
  const changed = all.replaceAll(oldWords, newWords);
  if (further.length === 0 && changed.length <= width) return [changed];
  // Without a second line, the text begins after the last two spaces.
  const column =
    further.length > 0
      ? indentOf(further[0] ?? "")
      : Math.max(indentOf(first), first.slice(0, old).lastIndexOf("  ") + 2);
  const added = old < column ? newWords.length - oldWords.length : 0;
  const label = changed.slice(0, column + added);
  return layOut({ label, text: changed.slice(label.length) }, { width, wraps: true });
}
