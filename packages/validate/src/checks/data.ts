/** Check, with `--data`: the row counts of both databases side by side. */
import { formatCount, plural } from "@pilot-light/core/output/format";
import { fingerprintTable, listDataTables } from "@pilot-light/core/inventory/tables";
import type { Session } from "@pilot-light/core/postgres/session";
import type { Check } from "../check.ts";
import { warning } from "../check.ts";
import { openNeon, openRds } from "../databases.ts";

export const data: Check = {
  id: "data",
  title: "Both databases hold the same tables with the same number of rows",
  needs: ["aws-credentials", "terraform-outputs", "rds-instance", "databases"],
  actions: ["secretsmanager:GetSecretValue"],
  optional: true,
  // Every row is counted.
  timeout: 300_000,
  async run(context) {
    await using neon = await openNeon(context);
    await using rds = await openRds(context);
    const [source, target] = await Promise.all([countRows(neon), countRows(rds)]);
    const tables = [...new Set([...source.keys(), ...target.keys()])].sort();
    const different = tables.filter((table) => source.get(table) !== target.get(table));
    const line = (table: string) =>
      `${table}: neon ${formatRows(source.get(table))}, rds ${formatRows(target.get(table))}`;
    return {
      summary: `${plural(tables.length, "table")}, ${different.length} with another number of rows`,
      details: tables.map(line),
      problems: different.map((table) =>
        warning(line(table), "Look at what a sync would do:  pnpm sync neon-to-rds --dry-run"),
      ),
    };
  },
};

/** Rows by table. */
async function countRows(session: Session): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const table of await listDataTables(session)) {
    const { rows } = await fingerprintTable(session, table, "counts");
    counts.set(table.identity, rows);
  }
  return counts;
}

function formatRows(rows: number | undefined): string {
  return rows === undefined ? "has none" : formatCount(rows);
}
