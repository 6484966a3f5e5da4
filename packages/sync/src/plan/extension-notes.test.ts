import { expect, test } from "vitest";
import type { DatabaseState, ExtensionState } from "@pilot-light/core/inventory/state";
import { directions } from "../direction.ts";
import { extensionNotes, type ExtensionFacts } from "./extension-notes.ts";

const state = (extensions: Record<string, ExtensionState>): DatabaseState => ({
  hasPublic: true,
  extensions,
  brokenIndexes: {},
  unenforced: [],
  populated: [],
  largeObjectComments: {},
});
const hstore = (version: string, ...members: string[]) => ({
  hstore: { version, schema: "public", members },
});
const facts = (rest: Partial<ExtensionFacts> = {}): ExtensionFacts => ({
  source: state(hstore("1.8", "type hstore")),
  target: state({}),
  installed: new Map([["hstore", "1.8"]]),
  additions: [],
  relations: [],
  leftOut: { source: new Map(), target: new Map() },
  ...rest,
});
const notes = (rest?: Partial<ExtensionFacts>) => extensionNotes(directions["neon-to-rds"], facts(rest));

test("the plan notes the version that the target installs if it differs", () => {
  expect(notes()).toEqual([]);
  expect(notes({ installed: new Map([["hstore", "1.7"]]) })).toEqual([
    "extension hstore is 1.8 on neon; rds installs 1.7",
  ]);
  expect(notes({ installed: new Map() })).toEqual([]);
});

test("the plan names members that a person added to an extension, also if the target lacks the extension", () => {
  const additions = [{ extension: "hstore", objects: ["table public.q"], changedRows: {} }];
  const note =
    "not copied, because a dump leaves out what belongs to the extension hstore, and rds does not create it: table public.q";
  expect(notes({ additions })).toEqual([note]);
  const source = state(hstore("1.8", "table public.q", "type hstore"));
  expect(notes({ source, target: state(hstore("1.8", "type hstore")) })).toEqual([note]);
  // The target's extension has the member: its script creates it.
  expect(notes({ source, target: state(hstore("1.8", "table public.q", "type hstore")), additions })).toEqual(
    [],
  );
});

const relation = {
  extension: "hstore",
  schema: "public",
  name: "r",
  identity: "public.r",
  isSequence: false,
  filter: "where id > 9",
  columns: ["id"],
  isReadable: true,
};

test("the plan names rows that an extension's filter leaves out if they were changed, or differ on the target", () => {
  const rows = (hash: string) => new Map([["public.r", { rows: 3, hash }]]);
  const given = (source: string, target: string | undefined, rest: Partial<ExtensionFacts> = {}) =>
    notes({
      relations: [relation],
      leftOut: { source: rows(source), target: target === undefined ? new Map() : rows(target) },
      ...rest,
    });
  const target = state(hstore("1.8", "type hstore"));
  expect(given("1", "1", { target })).toEqual([]);
  expect(given("1", "2", { target })).toEqual([
    "not copied: rows of public.r that the filter of the extension hstore leaves out of every dump (3 rows)",
  ]);
  expect(given("1", undefined)).toEqual([]);
  const additions = [{ extension: "hstore", objects: [], changedRows: { "public.r": 2 } }];
  expect(given("1", undefined, { additions })).toEqual([
    "not copied: rows of public.r that the filter of the extension hstore leaves out of every dump (3 rows, 2 of them added or changed on neon)",
  ]);
});
