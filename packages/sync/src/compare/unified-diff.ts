/** The difference between two definitions, as a diff for people. Pure. */
import { structuredPatch } from "diff";

/** A longer diff is cut: nobody reads a thousand lines of a function in the output of a command. */
const mostLines = 200;

/** Lines of a unified diff, without file names and line numbers: `-` on Neon, `+` on RDS, and three lines around each change. */
export function unifiedDiff(neon: string, rds: string): string[] {
  const text = (definition: string) => `${definition.trim()}\n`;
  const { hunks } = structuredPatch("neon", "rds", text(neon), text(rds), undefined, undefined, {
    context: 3,
  });
  const lines = hunks.flatMap((hunk, index) => [...(index === 0 ? [] : [" ..."]), ...hunk.lines]);
  if (lines.length <= mostLines) return lines;
  return [...lines.slice(0, mostLines), ` ... and ${lines.length - mostLines} more lines`];
}
