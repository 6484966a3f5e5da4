import { expect, test } from "vitest";
import { directions } from "../../direction.ts";
import { filtersOf, type Filter } from "../../read/filter.ts";
import type { DatabaseFacts } from "../../read/database-facts.ts";
import { checkRows, refuseChangedCopy, type Allowed } from "./index.ts";

interface Case extends Filter {
  target: Pick<DatabaseFacts, "database" | "mark">;
}

const events: Case = {
  scope: undefined,
  patterns: [{ pattern: "events", tables: ["public.events"] }],
  emptied: [],
  emptiedGroups: new Set(["public.events"]),
  brokenKeys: [],
  target: { database: "app" },
};

type Counts = Record<string, number>;

function check(
  { target: replaced, ...filtered }: Case,
  { target = {}, source = { "public.events": 0, "public.users": 60 } }: { target?: Counts; source?: Counts },
  allowed: Allowed = {},
) {
  const rows = (counts: Counts) => new Map(Object.entries(counts));
  const incomplete = {
    filters: filtersOf(filtered),
    emptiedGroups: filtered.emptiedGroups,
    target: replaced,
  };
  const facts = { sourceRows: rows(source), targetRows: rows(target), filtered, incomplete };
  const { refusals, notes } = checkRows({ direction: directions["neon-to-rds"], ...facts }, allowed);
  return { codes: refusals.map(({ code }) => code), notes };
}

const full = { target: { "public.events": 3000, "public.users": 60 } };

test("rows that a filter leaves out do not count as lost, but an unfiltered target needs a flag", () => {
  expect(check(events, full).codes).toEqual(["TARGET_UNFILTERED"]);
  expect(check(events, full, { allowFiltered: true }).codes).toEqual([]);
  expect(check(events, { target: { "public.users": 0 } }).codes).toEqual([]);
  const filteredBefore = { ...events, target: { database: "app", mark: { excludeTableData: ["x"] } } };
  expect(check(filteredBefore, full).codes).toEqual([]);
  // Rows of other tables still count.
  expect(check(filteredBefore, { ...full, source: { "public.users": 3 } }).codes).toEqual(["SHRINK_REFUSED"]);
});

test("no flag allows a pattern without tables, nor a foreign key that would break", () => {
  const unmatched = { ...events, patterns: [{ pattern: "nothing", tables: [] }] };
  expect(check(unmatched, full, { allowFiltered: true }).codes).toEqual(["FILTER_MATCHES_NOTHING"]);
  const breaking = { ...events, brokenKeys: ["k of the table public.users"] };
  expect(check(breaking, full, { allowFiltered: true }).codes).toEqual(["FILTER_BREAKS_KEYS"]);
});

test("a marked database or dump is refused for Neon only", () => {
  const source = { what: "The dump x", mark: { excludeTableData: ["events"] } };
  expect(refuseChangedCopy(source, "rds")).toBeUndefined();
  expect(refuseChangedCopy({ ...source, mark: undefined }, "neon")).toBeUndefined();
  expect(refuseChangedCopy(source, "neon")).toMatchObject({
    code: "CHANGED_COPY",
    message: "The dump x must not reach Neon: it has no rows of events.",
  });
});
