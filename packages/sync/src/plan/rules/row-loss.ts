/** Rule: the source is not empty, not far smaller than the target, and no table of the target loses all its rows. */
import { formatCount, plural } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { RowCounts } from "../../read/inventory.ts";
import type { Finding, RowsRule } from "./rule.ts";

/** If the target has fewer rows than this, a loss is no sign of a mistake. */
const fewRows = 10;

const sourceEmpty = defineError<{ system: DatabaseSystem; tables: number }>({
  code: "SOURCE_EMPTY",
  failure: "precondition",
  meaning: "The source has no rows.",
  remedy:
    "Check the direction of the sync, and that the source is complete. If the target may lose its rows, add `--allow-shrink`.",
  message: ({ system, tables }) =>
    `The source (${system}) has no rows${tables === 0 ? " and no tables" : ""}.`,
  hint: () => "Check that the direction is right, and that the source is complete.",
});

/** What would be lost: tables by their names, or a total. */
type Loss =
  { emptied: readonly string[] } | { targetRows: number; sourceRows: number; worst: string | undefined };

const shrinkRefused = defineError<Loss>({
  code: "SHRINK_REFUSED",
  failure: "precondition",
  meaning:
    "The source has at most half as many rows as the target, or a table has rows in the target and none in the source.",
  remedy:
    "Check the direction of the sync, and that the source is complete. If the target may lose these rows, add `--allow-shrink`.",
  message: (loss) => {
    if ("emptied" in loss) {
      return `${plural(loss.emptied.length, "table")} would lose all rows (${loss.emptied.slice(0, 3).join(", ")}).`;
    }
    const example = loss.worst === undefined ? "" : ` (${loss.worst})`;
    return `The target has ${formatCount(loss.targetRows)} rows, but the source has only ${formatCount(loss.sourceRows)}${example}.`;
  },
  details: (loss) => ("emptied" in loss ? loss.emptied.slice(3) : []),
  hint: () => "Check that the direction is right, and that the source is complete.",
});

export const rowLoss: RowsRule<"allow-shrink"> = {
  id: "row-loss",
  needs: "rows",
  errors: { sourceEmpty, shrinkRefused },
  allow: {
    option: "allow-shrink",
    describe: "Sync even if the source is empty or has far fewer rows than the target",
    meaning:
      "You do not need the rows that only the target has. The backup in S3 and the previous target still hold these rows.",
  },
  check: ({ direction, incomplete, ...counted }): Finding[] => {
    // Rows that a filter leaves out are not a mistake.
    const isLeftOut = (group: string) => incomplete?.emptiedGroups.has(group) === true;
    const kept = (rows: RowCounts) => new Map([...rows].filter(([group]) => !isLeftOut(group)));
    const [source, target] = [kept(counted.sourceRows), kept(counted.targetRows)];
    const [sourceRows, targetRows] = [total(source), total(target)];
    if (sourceRows === 0) {
      return [{ refusal: sourceEmpty({ system: direction.source, tables: source.size }) }];
    }
    const emptied = [...target].flatMap(([identity, rows]) =>
      (rows ?? 0) >= fewRows && source.get(identity) === 0 ? [change(identity, rows ?? 0, 0)] : [],
    );
    if (emptied.length > 0) return [{ refusal: shrinkRefused({ emptied }) }];
    if (targetRows < fewRows || sourceRows * 2 > targetRows) return [];
    return [{ refusal: shrinkRefused({ sourceRows, targetRows, worst: worstLoss(source, target) }) }];
  },
};

function total(rows: RowCounts): number {
  return [...rows.values()].reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/** The table that would lose most rows. */
function worstLoss(source: RowCounts, target: RowCounts): string | undefined {
  const losses = [...target].map(([identity, rows]) => ({
    identity,
    before: rows ?? 0,
    after: source.get(identity) ?? 0,
  }));
  const [worst] = losses.sort((a, b) => b.before - b.after - (a.before - a.after));
  return worst === undefined ? undefined : change(worst.identity, worst.before, worst.after);
}

function change(identity: string, before: number, after: number): string {
  return `${identity}: ${formatCount(before)} -> ${formatCount(after)}`;
}
