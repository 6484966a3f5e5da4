import { describe, expect, test } from "vitest";
import { directions } from "../../direction.ts";
import type { DatabaseFacts } from "../../read/database-facts.ts";
import type { TargetState } from "../../target/target-state.ts";
import { allowances, checkDatabases, rules, type Findings } from "./index.ts";
import type { PrivilegeFacts, Rule } from "./rule.ts";

const direction = directions["neon-to-rds"];

/** A database that no rule objects to. */
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
  trusted: [],
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
};

const intact: TargetState = { kind: "intact", previous: undefined, allPrevious: [], staging: [] };

const side = (facts: Partial<DatabaseFacts>, forced: readonly string[] = []) => ({
  facts: { ...plain, ...facts },
  tables: forced.map((identity) => ({
    schema: "public",
    name: identity,
    identity,
    group: identity,
    columns: [],
    bytes: 1,
    forcedRowSecurity: true,
  })),
});

const none = { objects: [], defaults: [] };
const privileges: PrivilegeFacts = { source: none, target: none, roles: new Map() };

function findings(source: Partial<DatabaseFacts>, target: Partial<DatabaseFacts>): Findings {
  return checkDatabases(
    {
      direction,
      source: side(source),
      target: side(target),
      targetBackup: true,
      targetState: intact,
      privileges,
    },
    {},
  );
}

const codes = (found: Findings) => found.refusals.map(({ code }) => code);

test("no rule objects to two plain databases", () => {
  expect(findings({}, {})).toEqual({ refusals: [], notes: [], skippedExtensions: [] });
});

test("every rule has an id of its own, and every allowance belongs to refusals", () => {
  const all: readonly Rule[] = rules;
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  for (const { option, codes: allowed } of allowances) expect(allowed, option).not.toEqual([]);
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

  test("that differ are noted", () => {
    const { notes } = findings({ major: 16, version: "16.4" }, { major: 15, version: "15.8" });
    expect(notes[0]).toContain("neon (16.4) is newer than rds (15.8)");
    expect(notes[1]).toContain("the major versions differ");
  });
});

test("all rules are checked, and their refusals name the objects", () => {
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

describe("row-level security that is forced", () => {
  const check = (targetBackup: boolean, bypassesRowSecurity = false) =>
    checkDatabases(
      {
        direction,
        source: side({}),
        target: side({ bypassesRowSecurity }, ["public.a", "public.b"]),
        targetBackup,
        targetState: intact,
        privileges,
      },
      {},
    );

  test("on the target prevents its backup only, and the hint names the option", () => {
    const { refusals } = check(true);
    expect(refusals).toMatchObject([{ code: "ROW_SECURITY_FORCED", details: ["public.a", "public.b"] }]);
    expect(refusals[0]?.hint).toMatch(/--no-target-backup.* alter role me bypassrls;$/);
    expect(check(false).refusals).toEqual([]);
  });

  test("does not matter to a role with BYPASSRLS", () => {
    expect(check(true, true).refusals).toEqual([]);
  });
});

test("an extension that no object needs is left out and noted", () => {
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
    "extension neon_utils is not available on rds; no object uses it, so it is left out",
  ]);
});

test("objects that act beyond the database are noted: the source's are left out, the target's are lost", () => {
  const { notes } = findings({ publications: ["p"], eventTriggers: ["e"] }, { publications: ["q"] });
  expect(notes.join("\n")).toMatch(
    /not copied from neon.*event trigger e, publication p\n.*objects of the target: publication q/,
  );
});

test("a previous target is noted: one that a sync replaced will be dropped, one that an undo replaced is kept", () => {
  const allPrevious = [
    { name: "app__pl_old_1", oid: 1, kind: "replaced", successor: 2 },
    { name: "app__pl_undone_2", oid: 2, kind: "undone", successor: 3 },
  ] as const;
  const { notes } = checkDatabases(
    {
      direction,
      source: side({}),
      target: side({}),
      targetBackup: true,
      targetState: { ...intact, allPrevious },
      privileges,
    },
    {},
  );
  expect(notes).toEqual([
    "the previous target app__pl_old_1 will be dropped at the end",
    expect.stringMatching(
      /^app__pl_undone_2.*is kept: no dump of it exists.*drop database "app__pl_undone_2";$/,
    ),
  ]);
});
