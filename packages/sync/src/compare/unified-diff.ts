/** Differing definitions as a diff that people read. Pure. */
import { structuredPatch } from "diff";

/** Longer diffs are cut: the whole text of a function of a thousand lines helps nobody. */
const mostLines = 200;

/** Lines of a unified diff, without its heads: `-` on Neon, `+` on RDS, and three lines around each change. */
export function unifiedDiff(neon: string, rds: string): string[] {
  const text = (definition: string) => `${definition.trim()}\n`;
  const { hunks } = structuredPatch("neon", "rds", text(neon), text(rds), undefined, undefined, {
    context: 3,
  });
  const lines = hunks.flatMap((hunk, index) => [...(index === 0 ? [] : [" ..."]), ...hunk.lines]);
  if (lines.length <= mostLines) return lines;
  return [...lines.slice(0, mostLines), ` ... and ${lines.length - mostLines} more lines`];
}
