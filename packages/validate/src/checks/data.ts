/** Check, with `--data`: the row counts of both databases, compared. */
import { formatCount, plural } from "@pilot-light/core/output/format";
import { countRows, listDataTables, type RowCounts } from "@pilot-light/core/inventory/tables";
import type { Session } from "@pilot-light/core/postgres/session";
import type { Check } from "../check.ts";
import { warning } from "../check.ts";
import { openNeon, openRds } from "../databases.ts";

export const data: Check = {
  id: "data",
  title: "Both databases have the same tables with the same number of rows",
  needs: ["aws-credentials", "terraform-outputs", "rds-instance", "databases"],
  actions: ["secretsmanager:GetSecretValue"],
  optional: true,
  usesRoute: true,
  // The servers count every row.
  timeout: 300_000,
  async run(context) {
    await using neon = await openNeon(context);
    await using rds = await openRds(context);
    const [source, target] = await Promise.all([count(neon), count(rds)]);
    const tables = [...new Set([...source.keys(), ...target.keys()])].sort();
    const different = tables.filter(
      (table) => source.get(table) !== target.get(table) || source.get(table) === null,
    );
    const line = (table: string) =>
      `${table}: neon ${formatRows(source.get(table))}, rds ${formatRows(target.get(table))}`;
    const fix = { text: "Show what a sync would change", command: "pnpm sync neon-to-rds --dry-run" };
    return {
      summary: `${plural(tables.length, "table")}, ${different.length} with different row counts`,
      details: tables.map(line),
      problems: different.map((table) => warning(line(table), fix)),
    };
  },
};

/** Number of rows by table; null if the role does not see all rows. */
async function count(session: Session): Promise<RowCounts> {
  return await countRows(await listDataTables(session), [session]);
}

function formatRows(rows: number | null | undefined): string {
  if (rows === undefined) return "no table";
  return rows === null ? "not readable" : formatCount(rows);
}
