/**
 * The whole content of a database as one text, for comparisons in tests: the output of pg_dump, without the lines that differ from
 * run to run. It shares no code with the product's own comparison.
 */
import { processEnvironment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";

/**
 * Reads a database of the sandbox with pg_dump.
 * @param url a superuser's URL: with any other role row-level security may hide rows
 * @param pgDump path of pg_dump, which must not be older than the server
 */
export async function databaseText(url: string, pgDump: string): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const result = await run(pgDump, ["--no-owner", "--no-acl"], {
    environment: {
      PATH: processEnvironment().PATH,
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: decodeURIComponent(username),
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: decodeURIComponent(pathname.slice(1)),
      PGSSLMODE: "disable",
      PGTZ: "UTC",
    },
  });
  if (result.exitCode !== 0) throw new Error(`pg_dump failed: ${result.stderr.join("\n")}`);
  return normalizeDump(result.stdout);
}

/**
 * A plain dump without comments, blank lines and the random key of `\restrict`. The rows of every table are sorted, because their
 * order has no meaning.
 */
export function normalizeDump(dump: string): string {
  const result: string[] = [];
  let rows: string[] | undefined;
  for (const line of dump.split("\n")) {
    if (rows !== undefined) {
      if (line === String.raw`\.`) {
        result.push(...rows.sort(), line);
        rows = undefined;
      } else {
        rows.push(line);
      }
      continue;
    }
    if (line === "" || line.startsWith("--") || /^\\(un)?restrict /.test(line)) continue;
    result.push(line);
    if (/^COPY .* FROM stdin;$/.test(line)) rows = [];
  }
  return `${result.join("\n")}\n`;
}
