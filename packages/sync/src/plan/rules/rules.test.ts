import { describe, expect, test } from "vitest";
import { directions } from "../../direction.ts";
import type { DatabaseFacts } from "../../read/database-facts.ts";
import type { Scope } from "../../read/scope.ts";
import type { TargetState } from "../../target/target-state.ts";
import { allowances, checkDatabases, rules, type Allowed, type Findings } from "./index.ts";
import type { DatabasesFacts, InPlaceFacts, PrivilegeFacts, Rule } from "./rule.ts";

const direction = directions["neon-to-rds"];

/** Printed statements must quote these names. */
const role = `Mr "Me"'s role`;
const quotedRole = `"Mr ""Me""'s role"`;
const database = "My-app";

/** A database that no rule objects to. */
const plain: DatabaseFacts = {
  version: "16.4",
  major: 16,
  database,
  oid: 16384,
  encoding: "UTF8",
  bytes: 1,
  oldestRelations: [],
  owner: role,
  role,
  superuser: false,
  createdb: true,
  owns: true,
  spareConnections: { database: null, role: null, server: 90 },
  maySignal: true,
  extensions: [],
  available: ["citext"],
  trusted: ["citext"],
  roles: [role],
  sessions: 0,
  foreignSessions: 0,
  preparedTransactions: 0,
  subscriptions: [],
  logicalSlots: [],
  publications: [],
  eventTriggers: [],
  unreadable: [],
  namedRoles: [],
  privilegedObjects: [],
  functionSettings: [],
  parameters: { work_mem: true, log_statement: false },
  commentedExtensions: [],
  creatable: ["citext"],
  usedCollations: [],
  collations: ["C"],
  settings: [],
  notDumped: [],
};

const intact: TargetState = { kind: "intact", previous: undefined, allPrevious: [], staging: [] };

const side = (facts: Partial<DatabaseFacts>, hidden: readonly string[] = []) => ({
  facts: { ...plain, ...facts },
  tables: hidden.map((identity) => ({
    schema: "public",
    name: identity,
    identity,
    group: identity,
    columns: [],
    bytes: 1,
    hidesRows: true,
    isReadable: true,
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
      jobs: 4,
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

test("no two rules have the same id, and every flag allows an error", () => {
  const all: readonly Rule[] = rules;
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  for (const { option, codes: allowed } of allowances) expect(allowed, option).not.toEqual([]);
});

test.each([
  { client: "17.2", target: 16, refused: ["DUMP_TOO_NEW"] },
  { client: "17.2", target: 17, refused: [] },
  { client: "16.9", target: 14, refused: [] },
])(
  "a restore of a dump of pg_dump $client to PostgreSQL $target is refused with $refused",
  ({ client, target, refused }) => {
    const facts = { direction: { name: "restore", source: "rds", target: "neon" } as const, jobs: 4 };
    const databases = { source: side({ major: 14 }), target: side({ major: target }), targetState: intact };
    const dump = { uri: "s3://b/rds-dumps/x.dump", clientVersion: client };
    const found = checkDatabases({ ...facts, ...databases, targetBackup: true, privileges, dump }, {});
    expect(codes(found)).toEqual(refused);
  },
);

describe("schemas", () => {
  const scope = {
    patterns: [{ pattern: "app", schemas: ["app"] }],
    schemas: new Set(["app"]),
    leftOut: ["Shop", "public"],
    extensions: new Set(["citext", "plpgsql"]),
    broken: [],
    policyRoles: [],
    collations: [],
  };
  const check = (chosen: Partial<Scope>) =>
    checkDatabases(
      {
        ...{
          direction,
          source: side({}),
          target: side({}),
          targetBackup: true,
          jobs: 4,
          targetState: intact,
        },
        privileges,
        scope: { ...scope, ...chosen },
      },
      {},
    );

  test("the plan names what --schema leaves out, and states that the target has nothing else", () => {
    expect(check({}).refusals).toEqual([]);
    const [left = "", extensions = "", whole = "", ...others] = check({}).notes;
    expect(left).toContain("the schemas Shop, public, and objects in no schema");
    expect(extensions).toMatch(/: the extensions citext$/);
    expect(whole).toContain("is removed");
    expect(others).toEqual([]);
    expect(check({ leftOut: [], extensions: new Set() }).notes).toHaveLength(2);
  });

  test("a pattern without a schema is refused, with the schemas that exist", () => {
    const [refusal] = check({ patterns: [...scope.patterns, { pattern: "x*", schemas: [] }] }).refusals;
    expect(refusal).toMatchObject({ code: "SCHEMA_MATCHES_NOTHING", state: "nothing-written" });
    expect(refusal?.message).not.toContain("app");
    expect(refusal?.hint).toContain("Shop, app, public");
  });

  test("schemas that need others are refused, and the hint quotes the missing schemas for the shell", () => {
    const link = { object: "view app.v", needs: 'table "Shop".t', schema: "Shop" };
    const twice = [link, { ...link, needs: "table public.t", schema: "public" }];
    const [refusal] = check({ broken: twice }).refusals;
    expect(refusal).toMatchObject({ code: "SCHEMAS_NEED_OTHERS", state: "nothing-written" });
    expect(refusal?.message).toMatch(/^1 object of the chosen schemas needs/);
    expect(refusal?.hint).toContain(`--schema '"Shop"' --schema public`);
    const [nowhere] = check({ broken: [link, { ...link, needs: "server s", schema: null }] }).refusals;
    expect(nowhere?.hint).toContain("without --schema");
  });
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

  test("a newer source is noted", () => {
    const { notes } = findings({ major: 16, version: "16.4" }, { major: 15, version: "15.8" });
    expect(notes[0]).toContain("neon (16.4) is newer than rds (15.8)");
  });
});

test("all rules are checked, and their refusals name the objects", () => {
  const found = findings(
    {
      extensions: [{ name: "vector", version: "0.7", dependents: ["table public.documents"] }],
      namedRoles: [
        { role, by: "policies" },
        { role: 'odd "role"', by: "policies" },
        { role: "etl", by: "user mappings" },
      ],
      unreadable: ["table public.secret"],
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
    "NOT_READABLE",
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
    "policies and user mappings on neon",
    'create role "odd ""role""" nologin; create role "etl" nologin;',
    "table public.secret",
    `grant pg_read_all_data to ${quotedRole};`,
    `alter role ${quotedRole} createdb;`,
    `alter database "My-app" owner to ${quotedRole};`,
    `grant pg_signal_backend to ${quotedRole};`,
    "table public.documents",
  ]) {
    expect(text).toContain(part);
  }
});

const withTarget = (target: ReturnType<typeof side>, targetBackup = true) =>
  checkDatabases(
    { direction, source: side({}), target, targetBackup, jobs: 4, targetState: intact, privileges },
    {},
  );

test("row-level security that hides rows of the target prevents its backup only, and the hint names the option", () => {
  const target = side({}, ["public.a", "public.b"]);
  const { refusals } = withTarget(target);
  expect(refusals).toMatchObject([{ code: "ROW_SECURITY_FORCED", details: ["public.a", "public.b"] }]);
  expect(refusals[0]?.hint).toContain("--no-target-backup");
  expect(refusals[0]?.hint).toMatch(new RegExp(`alter role ${quotedRole} bypassrls;$`));
  expect(withTarget(target, false).refusals).toEqual([]);
});

test("what the role may not read on the target prevents its backup only", () => {
  const target = side({ unreadable: ["large object 16999"] });
  const { refusals } = withTarget(target);
  expect(refusals).toMatchObject([{ code: "NOT_READABLE", details: ["large object 16999"] }]);
  expect(refusals[0]?.hint).toMatch(
    new RegExp(`--no-target-backup.* grant <owner of the large objects> to ${quotedRole};$`),
  );
  expect(withTarget(target, false).refusals).toEqual([]);
});

describe("connections", () => {
  const spare = (limits: Partial<DatabaseFacts["spareConnections"]>) => ({
    spareConnections: { database: null, role: null, server: null, ...limits },
  });

  test.each([
    { source: { database: 5 }, target: {}, jobs: undefined },
    { source: { database: 3 }, target: {}, jobs: 2 },
    { source: { role: 2 }, target: {}, jobs: 1 },
    { source: {}, target: { server: 6 }, jobs: 3 },
    { source: { server: 4 }, target: { role: 5 }, jobs: 2 },
    // The jobs of the target work in the staging database.
    { source: {}, target: { database: 2 }, jobs: undefined },
  ])(
    "with $source of the source and $target of the target, the sync uses $jobs jobs",
    ({ source, target, jobs }) => {
      const found = findings(spare(source), spare(target));
      expect(found.refusals).toEqual([]);
      expect(found.jobs).toBe(jobs);
      expect(found.notes.length).toBe(jobs === undefined ? 0 : 1);
    },
  );

  test.each([
    {
      source: { database: 1 },
      target: {},
      message: /neon accepts 1 more connection .*database My-app.*needs 2/,
    },
    {
      source: {},
      target: { database: 1 },
      message: /rds accepts 1 more connection .*database My-app.*needs 2/,
    },
    {
      source: {},
      target: { role: -1 },
      message: /rds accepts 0 more connections .*role Mr "Me"'s role.*needs 4/,
    },
  ])("$source of the source and $target of the target are too few", ({ source, target, message }) => {
    const { refusals } = findings(spare(source), spare(target));
    expect(refusals).toMatchObject([{ code: "TOO_FEW_CONNECTIONS" }]);
    expect(refusals[0]?.message).toMatch(message);
  });
});

describe("settings of the databases", () => {
  const setting = { role: null, name: "search_path", value: "app", isSettable: true };

  test("settings that only the source has are noted, without their values", () => {
    const comment = { ...setting, name: "comment", value: "production" };
    const timeout = { ...setting, role: "app", name: "statement_timeout", value: "7s" };
    const { notes } = findings({ settings: [setting, comment, timeout] }, { settings: [comment] });
    expect(notes).toEqual([
      "rds keeps its own settings of the database, which differ from those of neon: search_path, statement_timeout of the role app",
    ]);
  });

  test("a setting of the target that only an administrator may set is refused, or lost with the flag", () => {
    const secret = { ...setting, name: "app.secret", value: "hunter2", isSettable: false };
    const facts = {
      direction,
      source: side({}),
      target: side({ settings: [secret] }),
      targetBackup: true,
      jobs: 4,
      targetState: intact,
      privileges,
    };
    expect(checkDatabases(facts, {}).refusals).toMatchObject([
      { code: "SETTINGS_NOT_SETTABLE", details: ["app.secret"] },
    ]);
    const allowed = checkDatabases(facts, { allowLostSettings: true });
    expect(allowed.refusals).toEqual([]);
    expect(allowed.notes[0]).toMatch(/^allowed by --allow-lost-settings/);
    expect(JSON.stringify([checkDatabases(facts, {}), allowed])).not.toContain("hunter2");
  });
});

describe("what the role may not create on the target is refused", () => {
  const extension = (name: string) => ({ extensions: [{ name, version: "1.0", dependents: [] }] });

  test.each<[string, Partial<DatabaseFacts>, Partial<DatabaseFacts>, string[]]>([
    ["a leakproof function", { privilegedObjects: ["function f() (leakproof)"] }, {}, ["SUPERUSER_NEEDED"]],
    ["nothing for a superuser", { privilegedObjects: ["function f() (leakproof)"] }, { superuser: true }, []],
    ["a missing collation", { usedCollations: ["C", "de_DE"] }, {}, ["COLLATIONS_MISSING"]],
    ["an extension of superusers", extension("hll"), { available: ["hll"] }, ["EXTENSION_NOT_CREATABLE"]],
    ["none that the role may create", extension("hll"), { available: ["hll"], creatable: ["hll"] }, []],
    ["a parameter of administrators", setting("log_statement"), {}, ["FUNCTION_SETTINGS_NOT_SETTABLE"]],
    ["an unknown parameter", setting("app.user"), {}, ["FUNCTION_SETTINGS_NOT_SETTABLE"]],
    ["no parameter that the server does not list", setting("role"), {}, []],
    ["no parameter of everybody", setting("Work_Mem"), {}, []],
    ["no parameter of an extension", { ...setting("citext.x"), ...extension("citext") }, {}, []],
  ])("%s", (_, source, target, refused) => {
    expect(codes(findings(source, target))).toEqual(refused);
  });
});

function setting(parameter: string) {
  return { functionSettings: [{ parameter, function: "f()" }] };
}

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

test("publications and event triggers are noted: those of the source are not copied, those of the target are lost", () => {
  const { notes } = findings({ publications: ["p"], eventTriggers: ["e"] }, { publications: ["q"] });
  expect(notes.join("\n")).toMatch(
    /not copied from neon.*event trigger e, publication p\n.*objects of the target: publication q/,
  );
});

test("the plan states that a previous target will be dropped, and that an undone database is kept", () => {
  const allPrevious = [
    { name: "app__pl_old_1", oid: 1, kind: "replaced", successor: 2, open: false },
    { name: "app__pl_undone_2", oid: 2, kind: "undone", successor: 3, open: false },
  ] as const;
  const { notes } = checkDatabases(
    {
      direction,
      source: side({}),
      target: side({}),
      targetBackup: true,
      jobs: 4,
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

/** Checks a sync to RDS with further facts. */
function extended(
  {
    target = {},
    source = {},
    ...facts
  }: Partial<Record<"source" | "target", Partial<DatabaseFacts>>> &
    Omit<Partial<DatabasesFacts>, "source" | "target">,
  allowed: Allowed = {},
): Findings {
  const databases = {
    direction,
    source: side(source),
    target: side(target),
    targetState: intact,
    privileges,
  };
  return checkDatabases({ ...databases, targetBackup: true, jobs: 4, ...facts }, allowed);
}

describe("in place", () => {
  const inPlace: InPlaceFacts = {
    undroppable: [],
    staying: [],
    publications: [],
    lacking: [],
    locks: { needed: 10, room: 6400 },
    changesMark: false,
  };
  const limited = { createdb: false, owns: false, logicalSlots: ["slot_a"], subscriptions: ["sub"] };

  test("if a staging database is not possible, the hints name --in-place", () => {
    const { refusals } = extended({ target: limited });
    expect(refusals.map(({ code }) => code)).toEqual(["NO_CREATEDB", "NOT_OWNER", "TARGET_PINNED"]);
    for (const { hint } of refusals) expect(hint).toContain("pnpm sync neon-to-rds --in-place");
    const commandWith = (option: string) => `pnpm sync restore k --to rds --${option}`;
    const [first] = extended({ target: limited }, { commandWith }).refusals;
    expect(first?.hint).toContain("pnpm sync restore k --to rds --in-place");
  });

  test("with --in-place they are no refusals, and the plan states the reasons and the effects on slots and subscriptions", () => {
    const { refusals, notes } = extended({
      target: { ...limited, foreignSessions: 2, maySignal: false },
      inPlace,
    });
    expect(refusals).toEqual([]);
    const text = notes.join("\n");
    expect(text).toMatch(
      /may not create databases; .* does not own My-app; .* subscription sub, logical replication slot slot_a/,
    );
    expect(text).toContain("as new rows to the consumers of slot_a");
    expect(text).toContain("refresh publication");
  });

  test("without a reason, the plan states that a staging database is possible", () => {
    expect(extended({ inPlace }).notes).toEqual([expect.stringContaining("a staging database is possible")]);
  });

  test("prepared transactions are refused in both modes, and the hint does not name --in-place", () => {
    const target = { preparedTransactions: 1 };
    const [staged] = extended({ target }).refusals;
    expect(staged?.hint).not.toContain("--in-place");
    expect(codes(extended({ target, inPlace }))).toEqual(["PREPARED_TRANSACTIONS"]);
  });

  test("what the role may not do is refused, with the command for an administrator", () => {
    const facts = {
      ...inPlace,
      undroppable: [{ name: "table public.t", owner: "other role" }],
      lacking: ["create", "temporary"],
      publications: ["named"],
      changesMark: true,
    };
    const { refusals } = extended({ target: { owns: false, owner: "boss" }, inPlace: facts });
    expect(refusals.map(({ code, hint }) => [code, hint])).toEqual([
      ["CANNOT_EMPTY", `As an administrator:  grant "other role" to ${quotedRole};`],
      [
        "CANNOT_CREATE_IN_PLACE",
        `As an administrator:  grant create, temporary on database "My-app" to ${quotedRole};`,
      ],
      ["MARK_NEEDS_OWNER", `As an administrator:  grant "boss" to ${quotedRole};`],
      ["PUBLICATIONS_NAME_TABLES", expect.stringContaining('drop publication "named";')],
    ]);
    expect(codes(extended({ inPlace: { ...inPlace, changesMark: true } }))).toEqual([]);
  });

  test("the target keeps the extensions of the platform, and those that only the target has are not compared", () => {
    const extension = { name: "citext", version: "1.6", dependents: [] };
    const found = extended({
      source: { extensions: [extension] },
      inPlace: { ...inPlace, staying: ["citext", "neon"] },
    });
    expect(found.skippedExtensions).toEqual(["neon"]);
    expect(found.notes.join("\n")).toContain("keeps the extensions of the platform: neon");
  });

  test("too few locks are only noted, because the server may have room for more", () => {
    const { notes, refusals } = extended({ inPlace: { ...inPlace, locks: { needed: 9000, room: 6400 } } });
    expect(refusals).toEqual([]);
    expect(notes.join("\n")).toMatch(/about 9000 locks.*room for only 6400/);
  });
});

describe("room", () => {
  const room = { free: 50, reportedBy: "CloudWatch", previousBytes: 0, dropPreviousFirst: false };
  const source = { bytes: 100 };

  test("new contents that do not fit are refused, with figures and the flag that allows it", () => {
    const [refusal] = extended({ source, room }).refusals;
    expect(refusal).toMatchObject({ code: "NO_ROOM_ON_TARGET", state: "nothing-written" });
    expect(refusal?.message).toMatch(/rds has 50 B .* need about 100 B/);
    expect(refusal?.hint).toContain("--allow-low-storage");
    expect(refusal?.hint).not.toContain("--drop-previous-first");
    expect(extended({ source, room }, { allowLowStorage: true }).notes[0]).toMatch(
      /^allowed by --allow-low-storage/,
    );
  });

  test("the hint names --drop-previous-first if it makes enough room, and with this option the sync is not refused", () => {
    const [refusal] = extended({ source, room: { ...room, previousBytes: 60 } }).refusals;
    expect(refusal?.hint).toContain(
      "To drop the previous targets first:  pnpm sync neon-to-rds --drop-previous-first",
    );
    expect(
      extended({ source, room: { ...room, previousBytes: 60, dropPreviousFirst: true } }).refusals,
    ).toEqual([]);
    expect(extended({ source, room: { ...room, previousBytes: 40 } }).refusals[0]?.hint).not.toContain(
      "drop-previous",
    );
  });

  test("an unknown free storage refuses nothing, and its reason is noted", () => {
    const { free, ...unknown } = { ...room, free: undefined };
    expect(extended({ source, room: { ...unknown, free } })).toEqual({
      refusals: [],
      notes: [],
      skippedExtensions: [],
    });
    const denied = extended({ source, room: { ...unknown, free, unknown: "access denied" } });
    expect(denied.notes).toEqual(["the free storage of rds is not known: access denied"]);
  });
});
