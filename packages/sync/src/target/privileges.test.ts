import { expect, test } from "vitest";
import { defaultStatements, grantStatements } from "./privilege-statements.ts";
import {
  changes,
  isClosed,
  keyOf,
  sameGrants,
  type DefaultPrivilege,
  type Grant,
  type ObjectPrivileges,
  type RoleFacts,
} from "./privileges.ts";
import { wantedPrivileges } from "./wanted-privileges.ts";

const grant = (privilege: string, grantee: string | null, options: Partial<Grant> = {}): Grant => ({
  privilege,
  grantee,
  owner: false,
  grantable: false,
  ...options,
});
const own = (privilege: string, owner: string) => grant(privilege, owner, { owner: true });

const object = (name: string, differences: Partial<ObjectPrivileges> = {}): ObjectPrivileges => ({
  kind: "tables",
  schema: "public",
  on: `table public.${name}`,
  alter: `table public.${name}`,
  column: null,
  owner: "syncer",
  grants: [own("SELECT", "syncer")],
  extension: null,
  initial: null,
  mayCreate: true,
  ...differences,
});
const routine = (name: string) =>
  object(name, {
    kind: "routines",
    on: `routine public.${name}`,
    alter: `routine public.${name}`,
    grants: [own("EXECUTE", "syncer"), grant("EXECUTE", null)],
  });
const member: RoleFacts = { superuser: false, usable: true, assignable: true };
const stranger: RoleFacts = { superuser: true, usable: false, assignable: false };
const roles = new Map([
  ["syncer", member],
  ["app", member],
  ["postgres", stranger],
]);

interface Facts {
  objects?: ObjectPrivileges[];
  defaults?: DefaultPrivilege[];
  columns?: ObjectPrivileges[];
  closed?: readonly ObjectPrivileges[];
}

function result(
  present: readonly ObjectPrivileges[],
  { objects = [], defaults = [], columns = [], closed = [] }: Facts,
) {
  const target = { objects, defaults };
  return wantedPrivileges({ present, target, columns, closed: new Set(closed.map(keyOf)), roles });
}

const wanted = (present: readonly ObjectPrivileges[], facts: Facts) =>
  result(present, facts).wanted.map(({ object: each }) => each);

test("an object that the target has gets its owner and privileges", () => {
  const before = object("a", { owner: "app", grants: [own("SELECT", "app"), grant("SELECT", "reader")] });
  expect(wanted([object("a")], { objects: [before] })).toEqual([before]);
});

test("a new object keeps its own privileges if the target has no default privileges", () => {
  expect(wanted([object("a")], {})).toEqual([object("a")]);
});

test("a new object gets the defaults of its owner, its kind and its schema, and no others", () => {
  const everywhere = [own("SELECT", "syncer"), grant("SELECT", "reader")];
  const inPublic = [grant("INSERT", "writer")];
  const defaults: DefaultPrivilege[] = [
    { role: "syncer", schema: null, kind: "tables", grants: everywhere },
    { role: "syncer", schema: "public", kind: "tables", grants: inPublic },
    { role: "syncer", schema: "other", kind: "tables", grants: [grant("DELETE", "writer")] },
    { role: "syncer", schema: null, kind: "sequences", grants: [grant("USAGE", "writer")] },
    { role: "app", schema: null, kind: "tables", grants: [grant("TRUNCATE", "writer")] },
  ];
  expect(wanted([object("a")], { defaults })[0]?.grants).toEqual([...everywhere, ...inPublic]);
});

test("a new routine that PUBLIC may not execute in the source is not executable by PUBLIC", () => {
  const [f, g] = wanted([routine("f"), routine("g")], { closed: [routine("f")] });
  expect(f?.grants).toEqual([own("EXECUTE", "syncer")]);
  expect(g?.grants).toEqual(routine("g").grants);
});

test("privileges of a column are added: a restore creates none", () => {
  const column = object("a", { column: "title", grants: [grant("UPDATE", "writer")] });
  expect(result([], { columns: [column] }).wanted).toEqual([
    { current: { ...column, grants: [] }, object: column },
  ]);
});

test("grants are compared without their order and without the name of the owner", () => {
  const a = [own("SELECT", "app"), grant("SELECT", "reader"), grant("SELECT", null)];
  const b = [grant("SELECT", null), grant("SELECT", "reader"), own("SELECT", "syncer")];
  expect(sameGrants(a, b)).toBe(true);
  expect(sameGrants(a, b.slice(1))).toBe(false);
  expect(sameGrants([grant("SELECT", "reader")], [grant("SELECT", "reader", { grantable: true })])).toBe(
    false,
  );
  // A role named public is not PUBLIC.
  expect(sameGrants([grant("SELECT", "public")], [grant("SELECT", null)])).toBe(false);
});

test("statements revoke from every grantee once, then grant, with names that are quoted", () => {
  const current = {
    owner: "me",
    grants: [own("SELECT", "me"), own("INSERT", "me"), grant("SELECT", null), grant("SELECT", 'odd "role"')],
  };
  const privileges = [own("SELECT", "before"), grant("SELECT", "reader", { grantable: true })];
  expect(grantStatements("table public.a", null, current, privileges)).toEqual([
    'revoke all on table public.a from "me"',
    "revoke all on table public.a from public",
    'revoke all on table public.a from "odd ""role"""',
    'grant SELECT on table public.a to "me"',
    'grant SELECT on table public.a to "reader" with grant option',
  ]);
});

test("statements for a column name the column", () => {
  const update = [grant("UPDATE", "writer")];
  expect(grantStatements("table public.a", "Title", { owner: "me", grants: [] }, update)).toEqual([
    'grant UPDATE ("Title") on table public.a to "writer"',
  ]);
});

/** A member of an extension, which `postgres` owns and everybody may execute. */
const extensionRoutine = (name: string, differences: Partial<ObjectPrivileges> = {}) => ({
  ...routine(name),
  owner: "postgres",
  extension: "hstore",
  initial: [own("EXECUTE", "postgres"), grant("EXECUTE", null)],
  grants: [own("EXECUTE", "postgres"), grant("EXECUTE", null)],
  ...differences,
});
const closedMember = extensionRoutine("f", {
  grants: [own("EXECUTE", "postgres"), grant("EXECUTE", "reader")],
});

test("the changes of a person to a member of an extension are the differences from its initial privileges", () => {
  expect(changes(closedMember)).toEqual({
    revoked: [grant("EXECUTE", null)],
    granted: [grant("EXECUTE", "reader")],
  });
  expect(changes(extensionRoutine("f"))).toEqual({ revoked: [], granted: [] });
});

test("a member of an extension that the role may change gets the changes of a person, in addition to the grants of its version", () => {
  const owned = { owner: "syncer", initial: null };
  const present = extensionRoutine("f", {
    ...owned,
    grants: [own("EXECUTE", "syncer"), grant("EXECUTE", null), grant("EXECUTE", "pg_monitor")],
  });
  const [f] = wanted([present], { objects: [closedMember] });
  expect(f?.grants).toEqual([
    own("EXECUTE", "syncer"),
    grant("EXECUTE", "pg_monitor"),
    grant("EXECUTE", "reader"),
  ]);
  expect(f?.owner).toBe("syncer");
});

test("a member of an extension that the role may not change remains unchanged, and is reported if more roles may use it", () => {
  expect(result([extensionRoutine("f")], { objects: [closedMember] })).toEqual({
    wanted: [],
    open: [extensionRoutine("f")],
  });
  const granted = extensionRoutine("f", {
    grants: [...extensionRoutine("f").grants, grant("EXECUTE", "reader")],
  });
  expect(result([extensionRoutine("f")], { objects: [granted] })).toEqual({ wanted: [], open: [] });
});

test("an object is restricted if PUBLIC lacks a privilege that it has by default", () => {
  expect(isClosed(closedMember)).toBe(true);
  expect(isClosed(extensionRoutine("f"))).toBe(false);
  expect(isClosed(object("a"))).toBe(false);
  expect(isClosed({ ...routine("f"), grants: [] })).toBe(true);
  expect(isClosed(object("l", { kind: "languages", grants: [] }))).toBe(true);
  // The extension itself revoked the privilege.
  expect(isClosed(extensionRoutine("f", { initial: [], grants: [] }))).toBe(false);
});

test("default privileges for all schemas replace the built-in ones, and those of a schema are added", () => {
  const grants = [own("EXECUTE", "app"), grant("EXECUTE", "reader")];
  const alter = 'alter default privileges for role "app"';
  expect(defaultStatements({ role: "app", schema: null, kind: "routines", grants })).toEqual([
    `${alter} revoke all on routines from public, "app"`,
    `${alter} grant EXECUTE on routines to "app"`,
    `${alter} grant EXECUTE on routines to "reader"`,
  ]);
  expect(defaultStatements({ role: "app", schema: "s", kind: "routines", grants: grants.slice(1) })).toEqual([
    `${alter} in schema "s" grant EXECUTE on routines to "reader"`,
  ]);
});

test("a REVOKE on a member of an extension is carried over to the member in another schema", () => {
  const member = (schema: string, grants: Grant[]) => {
    const on = `routine ${schema}.akeys(${schema}.hstore, other.t)`;
    const initial = [own("EXECUTE", "syncer"), grant("EXECUTE", null)];
    return object("", { kind: "routines", schema, on, alter: on, extension: "hstore", initial, grants });
  };
  const before = member("tools", [own("EXECUTE", "syncer"), grant("EXECUTE", "reader")]);
  const current = member("public", [own("EXECUTE", "syncer"), grant("EXECUTE", null)]);
  expect(keyOf(before)).toBe(keyOf(current));
  const [carried] = wanted([current], { objects: [before] });
  expect(carried?.on).toBe("routine public.akeys(public.hstore, other.t)");
  expect(sameGrants(carried?.grants ?? [], before.grants)).toBe(true);
  const quoted = 'routine "My tools".akeys("My tools".hstore, other.t)';
  expect(keyOf({ ...before, schema: "My tools", on: quoted })).toBe(keyOf(current));
  // The names of two objects that are in no extension differ by their schema.
  expect(keyOf({ ...before, extension: null })).not.toBe(keyOf({ ...current, extension: null }));
});
