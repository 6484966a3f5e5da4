import { layOut } from "@pilot-light/core/output/layout";
import { expect, test } from "vitest";
import { reword } from "./reword.ts";

/** A transcript of rows, in both widths. */
function transcript(rows: readonly (readonly [label: string, text: string])[]): string {
  const parts = [100, 80].map((width) => {
    const lines = rows.flatMap(([label, text]) => layOut({ label, text }, { width, wraps: true }));
    return `# ${width} columns\n\n$ pnpm sync\n${lines.join("\n")}\n\n[exit 0]\n`;
  });
  return parts.join("\n");
}

const table = [
  ["  public.contacts                   340          331  ", "replaced"],
  ["  public.events                   3,000        2,564  ", "replaced"],
] as const;

test.each([
  ["shorter words", "the previous database", "the previous target"],
  ["longer words", "previous", "most recent previous"],
  ["words in a label", "method", "the method"],
  ["words that no row contains", "staged: copied", "x"],
])("a row with %s is wrapped as if it had been recorded", (_, oldWords, newWords) => {
  const label = "  method   ";
  const text =
    "staged: restored into a staging database, verified, then swapped; the previous database is kept for `sync undo`";
  const other =
    "s3://davidshaevel-dev-db-backups/rds-dumps/2026-11-26T09-30-00.dump   (of the target, before it is replaced)";
  const before = transcript([["  backup   ", other], [label, text], ...table]);
  const after = transcript([
    ["  backup   ", other],
    [label.replace(oldWords, newWords), text.replace(oldWords, newWords)],
    ...table,
  ]);
  expect(reword(before, oldWords, newWords)).toBe(after);
});

test("rows of a list stay separate, also where a row would not fit on the line before", () => {
  const names = ["materialized view public.project_statistics", "sequence public.contacts_id_seq"];
  const rows = (label: string) => transcript(names.map((name) => [label, name] as const));
  expect(reword(rows("  REMOVED, only in the target: "), "only in the target", "at last")).toBe(
    rows("  REMOVED, at last: "),
  );
});

test("a hint keeps the two spaces before its command", () => {
  const text =
    "The sync cannot create a staging database, which is the way to be safe. To run it in place:  pnpm sync neon-to-rds --in-place";
  const before = transcript([["  ", text]]);
  expect(reword(before, "to be safe", "that is safe")).toBe(
    transcript([["  ", text.replace("to be safe", "that is safe")]]),
  );
});
