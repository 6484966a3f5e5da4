import { expect, test } from "vitest";
import {
  grantStatements,
  sameGrants,
  wantedPrivileges,
  type DefaultPrivilege,
  type Grant,
  type ObjectPrivileges,
} from "./privileges.ts";

const grant = (privilege: string, grantee: string | null, options: Partial<Grant> = {}): Grant => ({
  privilege,
  grantee,
  owner: false,
  grantable: false,
  ...options,
});
const own = (privilege: string, owner: string) => grant(privilege, owner, { owner: true });

const object = (name: string, changes: Partial<ObjectPrivileges> = {}): ObjectPrivileges => ({
  kind: "tables",
  schema: "public",
  on: `table public.${name}`,
  alter: `table public.${name}`,
  column: null,
  owner: "syncer",
  grants: [own("SELECT", "syncer")],
  ...changes,
});
const routine = (name: string) =>
  object(name, {
    kind: "routines",
    on: `routine public.${name}`,
    alter: `routine public.${name}`,
    grants: [own("EXECUTE", "syncer"), grant("EXECUTE", null)],
  });
const nothingClosed: ReadonlySet<string> = new Set();

function wanted(
  present: readonly ObjectPrivileges[],
  target: { objects?: ObjectPrivileges[]; defaults?: DefaultPrivilege[] },
  columns: readonly ObjectPrivileges[] = [],
  closed = nothingClosed,
) {
  const privileges = { objects: target.objects ?? [], defaults: target.defaults ?? [] };
  return wantedPrivileges(present, privileges, columns, closed).map(({ object: result }) => result);
}

test("an object that the target has gets its owner and privileges", () => {
  const before = object("a", { owner: "app", grants: [own("SELECT", "app"), grant("SELECT", "reader")] });
  expect(wanted([object("a")], { objects: [before] })).toEqual([before]);
});

test("a new object keeps its own privileges where the target has no defaults", () => {
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

test("a new routine that is closed to PUBLIC in the source is closed to PUBLIC", () => {
  const closed = new Set(["routine public.f"]);
  const [f, g] = wanted([routine("f"), routine("g")], {}, [], closed);
  expect(f?.grants).toEqual([own("EXECUTE", "syncer")]);
  expect(g?.grants).toEqual(routine("g").grants);
});

test("a column's privileges are added, as a restore creates none", () => {
  const column = object("a", { column: "title", grants: [grant("UPDATE", "writer")] });
  const pairs = wantedPrivileges([], { objects: [], defaults: [] }, [column], nothingClosed);
  expect(pairs).toEqual([{ current: { ...column, grants: [] }, object: column }]);
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
