/** Whether a source looks like the wrong one: empty, far smaller than the target, or with tables that lost all their rows. Pure. */
import { OpsError } from "@pilot-light/core/ops-error";
import { formatCount, plural } from "@pilot-light/core/output/format";
import type { Direction } from "../direction.ts";
import type { RowCounts } from "../read/inventory.ts";
import type { SyncOptions } from "../options.ts";

/** Below this many rows in the target a loss is no sign of a mistake. */
const fewRows = 10;

/**
 * The refusal of a source that looks empty or wrong.
 * @param rows exact rows of each table, by identity
 */
export function judgeRows(
  direction: Direction,
  source: RowCounts,
  target: RowCounts,
  { allowShrink }: SyncOptions,
): OpsError | undefined {
  if (allowShrink) return undefined;
  const total = (rows: RowCounts) => [...rows.values()].reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const [sourceRows, targetRows] = [total(source), total(target)];
  const hint = `This looks like the wrong direction, or an empty source. If it is meant:  pnpm sync ${direction.name} --allow-shrink`;
  if (sourceRows === 0) {
    return new OpsError(
      "precondition",
      "SOURCE_EMPTY",
      `Cannot sync: the source (${direction.source}) holds no rows${source.size === 0 ? " and no tables" : ""}.`,
      { hint },
    );
  }
  const emptied = [...target].filter(
    ([identity, rows]) => (rows ?? 0) >= fewRows && source.get(identity) === 0,
  );
  if (emptied.length > 0) {
    const names = emptied.map(([identity, rows]) => `${identity}: ${formatCount(rows ?? 0)} -> 0`);
    return new OpsError(
      "precondition",
      "SHRINK_REFUSED",
      `Cannot sync: ${plural(emptied.length, "table")} would be emptied (${names.slice(0, 3).join(", ")}).`,
      {
        hint,
        details: names.slice(3),
      },
    );
  }
  if (targetRows < fewRows || sourceRows * 2 > targetRows) return undefined;
  const losses = [...target].map(([identity, rows]) => ({
    identity,
    rows: rows ?? 0,
    left: source.get(identity) ?? 0,
  }));
  const worst = losses.sort((a, b) => b.rows - b.left - (a.rows - a.left))[0];
  const example =
    worst === undefined
      ? ""
      : ` (${worst.identity}: ${formatCount(worst.rows)} -> ${formatCount(worst.left)})`;
  return new OpsError(
    "precondition",
    "SHRINK_REFUSED",
    `Cannot sync: the target has ${formatCount(targetRows)} rows and the source only ${formatCount(sourceRows)}${example}.`,
    { hint },
  );
}
