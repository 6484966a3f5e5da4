/** Rules: each pattern matches a table, no copied row refers to a row that is left out, and the target was filtered before. */
import { plural } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import { describeMark, hasFilters, type Filters } from "../../read/copy-mark.ts";
import type { Finding, RowsRule } from "./rule.ts";

const filterMatchesNothing = defineError<{ patterns: readonly string[] }>({
  code: "FILTER_MATCHES_NOTHING",
  failure: "precondition",
  meaning: "No table of the source matches a pattern of `--exclude-table-data`.",
  remedy:
    "Correct the pattern. It follows the rules of pg_dump: a name in upper case needs double quotes, and a name without a schema matches only tables of the search path.",
  message: ({ patterns }) => `No table of the source matches --exclude-table-data ${patterns.join(", ")}.`,
  hint: () =>
    "The pattern follows the rules of pg_dump. For a table of another schema:  --exclude-table-data 'schema.table*'",
});

const filterBreaksKeys = defineError<{ keys: readonly string[] }>({
  code: "FILTER_BREAKS_KEYS",
  failure: "precondition",
  meaning: "Copied rows refer by a foreign key to rows that `--exclude-table-data` leaves out.",
  remedy: "Exclude the rows of the tables that the error names as well, or copy the rows that they refer to.",
  message: ({ keys }) =>
    `Copied rows refer to rows that are left out, by ${plural(keys.length, "foreign key")}.`,
  details: ({ keys }) => keys,
  hint: () => "Exclude the rows of these tables as well, or copy the rows that they refer to.",
});

export const filters: RowsRule = {
  id: "filters",
  needs: "rows",
  errors: { filterMatchesNothing, filterBreaksKeys },
  check: ({ direction, filtered, sourceRows }) => {
    if (filtered === undefined) return [];
    const findings: Finding[] = [];
    const unmatched = filtered.patterns.filter(({ tables }) => tables.length === 0);
    if (unmatched.length > 0) {
      const patterns = unmatched.map(({ pattern }) => pattern);
      findings.push({ refusal: filterMatchesNothing({ patterns }) });
    }
    if (filtered.brokenKeys.length > 0) {
      findings.push({ refusal: filterBreaksKeys({ keys: filtered.brokenKeys }) });
    }
    for (const { pattern, tables } of filtered.patterns) {
      const named = tables.map((table) => {
        const rows = sourceRows.get(table);
        return rows === null || rows === undefined ? table : `${table} (${plural(rows, "row")})`;
      });
      if (named.length === 0) continue;
      const note = `not copied from ${direction.source}, because of --exclude-table-data ${pattern}: the rows of ${named.join(", ")}`;
      findings.push({ note });
    }
    return findings;
  },
};

const targetUnfiltered = defineError<{ database: string; system: string; filters: Filters }>({
  code: "TARGET_UNFILTERED",
  failure: "precondition",
  meaning: "The target is not a filtered copy, and a filtered copy would replace it.",
  remedy: "Sync without a filter. If the target may become a filtered copy, add `--allow-filtered`.",
  message: ({ database, system, filters }) =>
    `A copy that ${describeMark(filters)} would replace the database ${database} on ${system}, which is not a filtered copy.`,
  hint: () => "The new target will not have what the filter leaves out.",
});

export const filteredTarget: RowsRule<"allow-filtered"> = {
  id: "filtered-target",
  needs: "rows",
  errors: { targetUnfiltered },
  allow: {
    option: "allow-filtered",
    describe: "Replace a complete target with a filtered copy",
    meaning:
      "Nobody needs these rows on the target: the filter leaves them out. The target is a changed copy from then on, and must not reach Neon.",
  },
  check: ({ direction, incomplete, targetRows }) => {
    if (incomplete === undefined) return [];
    const { filters: given, target } = incomplete;
    const hasRows = [...targetRows.values()].some((rows) => rows !== 0);
    if (!hasRows || hasFilters(target.mark)) return [];
    const facts = { database: target.database, system: direction.target, filters: given };
    return [{ refusal: targetUnfiltered(facts) }];
  },
};
