import { describe, expect, test } from "vitest";
import { directions } from "../direction.ts";
import type { DatabaseFacts } from "../read/database-facts.ts";
import { judge, type Findings } from "./preflight.ts";
import { judgeRows } from "./row-loss.ts";

const direction = directions["neon-to-rds"];
const options = {
  dryRun: false,
  yes: true,
  verify: "checksums",
  jobs: 4,
  targetBackup: true,
  outputs: "deployed",
  allowShrink: false,
} as const;

/** A database that nothing speaks against. */
const plain: DatabaseFacts = {
  version: "16.4",
  major: 16,
  database: "app",
  oid: 16384,
  encoding: "UTF8",
  bytes: 1,
  owner: "me",
  role: "me",
  superuser: false,
  createdb: true,
  owns: true,
  bypassesRowSecurity: true,
  maySignal: true,
  extensions: [],
  available: ["citext"],
  roles: ["me"],
  sessions: 0,
  foreignSessions: 0,
  preparedTransactions: 0,
  subscriptions: [],
  logicalSlots: [],
  publications: [],
  eventTriggers: [],
  policyRoles: [],
  notDumped: [],
  specialLargeObjects: 0,
};

function findings(source: Partial<DatabaseFacts>, target: Partial<DatabaseFacts>): Findings {
  const side = (facts: Partial<DatabaseFacts>) => ({ facts: { ...plain, ...facts }, tables: [] });
  return judge(direction, side(source), side(target), options);
}

const codes = (found: Findings) => found.refusals.map(({ code }) => code);

test("nothing speaks against two plain databases", () => {
  expect(findings({}, {})).toEqual({ refusals: [], notes: [], skippedExtensions: [] });
});

describe("versions", () => {
  test.each([
    { source: 17, target: 16, refused: ["VERSION_DOWNGRADE"] },
    { source: 13, target: 16, refused: ["VERSION_UNSUPPORTED"] },
    { source: 16, target: 15, refused: [] },
    { source: 15, target: 17, refused: [] },
    { source: 18, target: 17, refused: [] },
  ])("from $source to $target: $refused", ({ source, target, refused }) => {
    const found = findings(
      { major: source, version: `${source}.1` },
      { major: target, version: `${target}.1` },
    );
    expect(codes(found)).toEqual(refused);
  });

  test("that differ are said", () => {
    const { notes } = findings({ major: 16, version: "16.4" }, { major: 15, version: "15.8" });
    expect(notes[0]).toContain("neon is newer (16.4) than rds (15.8)");
    expect(notes[1]).toContain("the majors differ");
  });
});

test("every refusal is found at once, with the names that it is about", () => {
  const found = findings(
    {
      extensions: [{ name: "vector", version: "0.7", dependents: ["table public.documents"] }],
      policyRoles: ["me", 'odd "role"'],
    },
    {
      createdb: false,
      owns: false,
      preparedTransactions: 1,
      logicalSlots: ["slot_a"],
      foreignSessions: 2,
      maySignal: false,
    },
  );
  expect(codes(found)).toEqual([
    "NO_CREATEDB",
    "NOT_OWNER",
    "TARGET_PINNED",
    "CANNOT_END_SESSIONS",
    "ROLES_MISSING",
    "EXTENSION_MISSING",
  ]);
  const text = found.refusals
    .map(({ message, hint, details }) => [message, hint, ...details].join("\n"))
    .join("\n");
  for (const part of [
    "logical replication slot slot_a",
    "1 prepared transaction",
    "2 sessions of other roles",
    'create role "odd ""role""" nologin;',
    "table public.documents",
  ]) {
    expect(text).toContain(part);
  }
});

test("an extension that nothing needs is left out and said; another version is said", () => {
  const extensions = [
    { name: "neon_utils", version: "1.0", dependents: [] },
    { name: "citext", version: "1.6", dependents: ["column x"] },
  ];
  const found = findings(
    { extensions },
    { extensions: [{ name: "citext", version: "1.5", dependents: [] }] },
  );
  expect(found.refusals).toEqual([]);
  expect(found.skippedExtensions).toEqual(["neon_utils"]);
  expect(found.notes).toEqual([
    "extension neon_utils is not available on rds; nothing uses it: left out",
    "extension citext is 1.6 on neon and 1.5 on rds",
  ]);
});

test("what acts beyond the database is said to be left out, or to go", () => {
  const { notes } = findings({ publications: ["p"], eventTriggers: ["e"] }, { publications: ["q"] });
  expect(notes.join("\n")).toMatch(
    /not copied from neon.*event trigger e, publication p\n.*old target: publication q/,
  );
});

describe("rows", () => {
  const rows = (counts: Record<string, number | null>) => new Map(Object.entries(counts));
  const judged = (
    source: Record<string, number | null>,
    target: Record<string, number | null>,
    allowShrink = false,
  ) => judgeRows(direction, rows(source), rows(target), { ...options, allowShrink })?.code;

  test.each([
    { what: "an equal source", source: { a: 100 }, target: { a: 100 }, code: undefined },
    { what: "a source without a row", source: { a: 0 }, target: { a: 0 }, code: "SOURCE_EMPTY" },
    { what: "a source with a little more than half", source: { a: 51 }, target: { a: 100 }, code: undefined },
    { what: "a source with half", source: { a: 50 }, target: { a: 100 }, code: "SHRINK_REFUSED" },
    { what: "a target of a handful of rows", source: { a: 1 }, target: { a: 9 }, code: undefined },
    {
      what: "one table that would be emptied",
      source: { a: 0, b: 900 },
      target: { a: 10, b: 10 },
      code: "SHRINK_REFUSED",
    },
    {
      what: "a table that is gone by intent",
      source: { b: 900 },
      target: { a: 10, b: 900 },
      code: undefined,
    },
  ])("$what: $code", ({ source, target, code }) => {
    expect(judged(source, target)).toBe(code);
    expect(judged(source, target, true)).toBeUndefined();
  });

  test("the worst loss is named, with the way to go on", () => {
    const refusal = judgeRows(direction, rows({ a: 1, b: 10 }), rows({ a: 2, b: 52_100 }), options);
    expect(refusal?.message).toBe(
      "Cannot sync: the target has 52,102 rows and the source only 11 (b: 52,100 -> 10).",
    );
    expect(refusal?.hint).toContain("pnpm sync neon-to-rds --allow-shrink");
  });
});
