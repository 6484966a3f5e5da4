import type { DatabaseState } from "@pilot-light/core/inventory/state";
import type { Fingerprint } from "@pilot-light/core/inventory/tables";
import { expect, test } from "vitest";
import {
  compareSchemas,
  compareSequencesOf,
  compareTables,
  platformExtensions,
  versionNotes,
} from "./differences.ts";
import type { ReadSide } from "./read-side.ts";

const plainState: DatabaseState = {
  hasPublic: true,
  extensions: {},
  brokenIndexes: {},
  unenforced: [],
  populated: [],
  largeObjectComments: {},
};

function side(parts: Partial<ReadSide> = {}): ReadSide {
  return {
    snapshot: "00000003-0000001B-1",
    archive: { standardStrings: true, entries: [] },
    state: plainState,
    configuration: { rows: new Map(), leftOut: new Map() },
    inventory: { objects: [], tables: new Map(), largeObjects: { rows: 0, hash: "0" } },
    sequences: [],
    installed: new Map(),
    hidden: new Set(),
    ...parts,
  };
}

const withTables = (tables: Readonly<Record<string, Fingerprint>>, parts: Partial<ReadSide> = {}) =>
  side({
    inventory: { objects: [], tables: new Map(Object.entries(tables)), largeObjects: { rows: 0, hash: "0" } },
    ...parts,
  });

const view = (sql: string) => ({
  standardStrings: true,
  entries: [
    {
      id: 1,
      type: "VIEW",
      schema: "public",
      tag: "v",
      section: "pre-data" as const,
      sql,
      drop: "",
      copy: "",
      accessMethod: "",
      oid: 1,
      dependencies: [],
    },
  ],
});

const options = { sameMajor: true, skippedExtensions: [], versions: new Map<string, string>() };

test("tables are listed with the rows of both sides, those that differ first", () => {
  const neon = withTables({
    equal: { rows: 1, hash: "1" },
    values: { rows: 2, hash: "1" },
    gone: { rows: 3, hash: "1" },
  });
  const rds = withTables({
    equal: { rows: 1, hash: "1" },
    values: { rows: 2, hash: "2" },
    new: { rows: 4, hash: "1" },
  });
  expect(compareTables({ neon, rds })).toMatchObject([
    { table: "gone", neonRows: 3, rdsRows: null, isEqual: false },
    { table: "new", neonRows: null, rdsRows: 4, isEqual: false },
    { table: "values", neonRows: 2, rdsRows: 2, isEqual: false },
    { table: "equal", isEqual: true },
  ]);
});

test("a table whose rows one side hides is not compared", () => {
  const neon = withTables({ secret: { rows: 0 } }, { hidden: new Set(["secret"]) });
  expect(compareTables({ neon, rds: withTables({ secret: { rows: 5, hash: "5" } }) })).toEqual([]);
});

test("large objects are compared like a table, if either side has any", () => {
  const objects = (rows: number) =>
    side({ inventory: { objects: [], tables: new Map(), largeObjects: { rows, hash: String(rows) } } });
  expect(compareTables({ neon: objects(0), rds: objects(0) })).toEqual([]);
  expect(compareTables({ neon: objects(1), rds: objects(0) })).toMatchObject([
    { table: "large objects", neonRows: 1, rdsRows: 0, isEqual: false },
  ]);
});

test("a sequence differs by its value and by whether the value was returned", () => {
  const at = (lastValue: string, isCalled = true) =>
    side({ sequences: [{ identity: "public.s", lastValue, isCalled, increment: "1", cycle: false }] });
  const compare = (neon: ReadSide, rds: ReadSide) => compareSequencesOf({ neon, rds });
  expect(compare(at("1"), at("1"))).toMatchObject([{ isEqual: true }]);
  expect(compare(at("1"), at("1", false))).toMatchObject([{ rds: "1 (not called)", isEqual: false }]);
  expect(compare(at("1"), side())).toEqual([{ sequence: "public.s", neon: "1", rds: null, isEqual: false }]);
});

test("a definition that differs has a diff; an object that only one side has does not", () => {
  const neon = side({ archive: view("CREATE VIEW public.v AS\n SELECT 1;") });
  const rds = side({ archive: view("CREATE VIEW public.v AS\n SELECT 2;") });
  expect(compareSchemas({ neon, rds }, options)).toEqual([
    {
      kind: "view",
      identity: "public.v",
      problem: "different",
      diff: [" CREATE VIEW public.v AS", "- SELECT 1;", "+ SELECT 2;"],
    },
  ]);
  expect(compareSchemas({ neon, rds: side() }, options)).toMatchObject([{ problem: "only-neon", diff: [] }]);
  expect(compareSchemas({ neon: side(), rds }, options)).toMatchObject([{ problem: "only-rds", diff: [] }]);
});

test("a foreign key that neither side enforces is no difference", () => {
  const off = side({ state: { ...plainState, unenforced: ["fk on public.t"] } });
  expect(compareSchemas({ neon: off, rds: off }, options)).toEqual([]);
  expect(compareSchemas({ neon: off, rds: side() }, options)).toMatchObject([
    { kind: "foreign key constraint", diff: ["-not enforced", "+enforced"] },
  ]);
});

test("a materialized view that both sides have filled is no difference", () => {
  const filled = side({ state: { ...plainState, populated: ["public.m"] } });
  expect(compareSchemas({ neon: filled, rds: filled }, options)).toEqual([]);
  expect(compareSchemas({ neon: filled, rds: side() }, options)).toHaveLength(1);
});

test("an extension of one platform is left out if no object needs it, and is a difference otherwise", () => {
  const extension = (dependents: string[]) => [{ name: "neon", version: "1.0", dependents }];
  const rds = { extensions: [], available: ["plpgsql"] };
  const skipped = (dependents: string[]) =>
    platformExtensions({ neon: { extensions: extension(dependents), available: ["neon"] }, rds });
  expect(skipped([])).toEqual(["neon"]);
  expect(skipped(["view public.v"])).toEqual([]);
});

test("a version of an extension that a sync accepts is a note; any other is a difference", () => {
  const at = (version: string, installed: string) =>
    side({
      state: { ...plainState, extensions: { hstore: { version, schema: "public", members: [] } } },
      installed: new Map([["hstore", installed]]),
    });
  const differences = (neon: ReadSide, rds: ReadSide) => {
    const { accepted, notes } = versionNotes({ neon, rds }, []);
    return {
      notes: notes.length,
      objects: compareSchemas({ neon, rds }, { ...options, versions: accepted }).length,
    };
  };
  expect(differences(at("1.8", "1.8"), at("1.8", "1.9"))).toEqual({ notes: 0, objects: 0 });
  expect(differences(at("1.7", "1.8"), at("1.9", "1.9"))).toEqual({ notes: 1, objects: 0 });
  expect(differences(at("1.8", "1.8"), at("1.7", "1.9"))).toEqual({ notes: 1, objects: 0 });
  expect(differences(at("1.6", "1.8"), at("1.7", "1.9"))).toEqual({ notes: 0, objects: 1 });
});
