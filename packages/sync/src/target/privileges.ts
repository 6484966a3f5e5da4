/**
 * Owners and privileges of objects, and default privileges. A sync copies them from the target, and not from the source, to the objects of the
 * staging database. These functions compute the wanted privileges from the present ones, and the statements for them. Pure.
 */
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Scope } from "../read/scope.ts";

/** One privilege of one role. `grantee` is null for PUBLIC; `owner` is true for the owner's own privileges. */
export interface Grant {
  grantee: string | null;
  owner: boolean;
  privilege: string;
  grantable: boolean;
}

/** Owner and privileges of one object. */
export interface ObjectPrivileges {
  /** Its kind, as ALTER DEFAULT PRIVILEGES names it. */
  kind: string;
  /** Null for a kind that is in no schema. */
  schema: string | null;
  /** Its name in GRANT: `table public.projects`. For a kind without privileges, its name in ALTER. */
  on: string;
  /** Its name in ALTER ... OWNER; null for an object that has the owner of another object, such as a column. */
  alter: string | null;
  column: string | null;
  owner: string;
  grants: Grant[];
  /** The extension that it is a member of. */
  extension: string | null;
  /** Of members of extensions and of the schema public: the privileges that they have before a person changes them. Null for all others. */
  initial: Grant[] | null;
  /** Whether the owner has the privilege CREATE in the schema or the database, which an owner needs there. */
  mayCreate: boolean;
}

/** What ALTER DEFAULT PRIVILEGES gives to new objects of a role. */
export interface DefaultPrivilege {
  role: string;
  schema: string | null;
  kind: string;
  grants: Grant[];
}

/** Owners and privileges of all objects, and the default privileges of new objects. */
export interface Privileges {
  objects: ObjectPrivileges[];
  defaults: DefaultPrivilege[];
}

/** The privileges on objects of the scope, and on objects in no schema. */
export function privilegesWithin(privileges: Privileges, scope: Scope | undefined): Privileges {
  if (scope === undefined) return privileges;
  const isInside = (schema: string | null, extension: string | null) =>
    schema === null || scope.schemas.has(schema) || (extension !== null && scope.extensions.has(extension));
  return {
    objects: privileges.objects.filter(({ schema, extension }) => isInside(schema, extension)),
    defaults: privileges.defaults.filter(({ schema }) => isInside(schema, null)),
  };
}

/** What the role of the session may do with a role. */
export interface RoleFacts {
  superuser: boolean;
  /** Whether the role of the session has the privileges of this role. */
  usable: boolean;
  /** Whether the role of the session may give objects to this role. */
  assignable: boolean;
}

export type Roles = ReadonlyMap<string, RoleFacts>;

/** Kinds that PUBLIC may use, unless somebody revokes it. */
const openKinds: ReadonlySet<string> = new Set(["routines", "types", "languages"]);

/** Whether somebody revoked the use of an object from PUBLIC. By default, PUBLIC may use objects of some kinds, and some members of extensions. */
export function isClosed({ kind, grants, initial }: ObjectPrivileges): boolean {
  const isOpen = initial === null ? openKinds.has(kind) : initial.some(({ grantee }) => grantee === null);
  return isOpen && !grants.some(({ grantee }) => grantee === null);
}

/** Keys of the objects that PUBLIC may not use, although PUBLIC may use such objects by default. */
export function closedToPublic({ objects }: Pick<Privileges, "objects">): Set<string> {
  return new Set(objects.filter(isClosed).map(keyOf));
}

/** Whether CREATE DATABASE or CREATE EXTENSION creates the object. Its owner may be another role than the role of the sync. */
export function isGiven({ extension, on }: Pick<ObjectPrivileges, "extension" | "on">): boolean {
  return extension !== null || on === "schema public";
}

/** An object of the staging database, and the same object with the wanted owner and privileges. */
export interface Wanted {
  current: ObjectPrivileges;
  object: ObjectPrivileges;
}

/** Facts from which the wanted privileges follow. */
export interface WantedFacts {
  /** Objects of the staging database. */
  present: readonly ObjectPrivileges[];
  target: Privileges;
  /** Columns of the target that have their own privileges and that the staging database has as well. */
  columns: readonly ObjectPrivileges[];
  /** Keys of the objects of the source that PUBLIC may not use. */
  closed: ReadonlySet<string>;
  roles: Roles;
}

/**
 * The wanted owner and privileges of every object of the staging database. Objects that CREATE DATABASE or CREATE EXTENSION created are left
 * out if the role may not change them.
 * @returns `open` lists those of them to which more roles have access than on the target
 */
export function wantedPrivileges(facts: WantedFacts): { wanted: Wanted[]; open: ObjectPrivileges[] } {
  const { present, target, columns, closed, roles } = facts;
  const before = new Map(target.objects.map((object) => [keyOf(object), object]));
  const keys = new Set(present.map(keyOf));
  const added = columns.filter((column) => !keys.has(keyOf(column)));
  const pairs = [
    ...present.map((current) => ({
      current,
      object: wantedObject(current, before.get(keyOf(current)), target.defaults, closed),
    })),
    ...added.map((object) => ({ current: { ...object, grants: [] }, object })),
  ];
  const wanted: Wanted[] = [];
  const open: ObjectPrivileges[] = [];
  for (const { current, object } of pairs) {
    if (!isGiven(current)) {
      wanted.push({ current, object });
    } else if (roles.get(current.owner)?.usable === true) {
      const isAssignable = roles.get(object.owner)?.assignable === true;
      wanted.push({ current, object: isAssignable ? object : { ...object, owner: current.owner } });
    } else if (missingGrants(object.grants, current.grants).some(({ owner }) => !owner)) {
      open.push(current);
    }
  }
  return { wanted, open };
}

function wantedObject(
  current: ObjectPrivileges,
  before: ObjectPrivileges | undefined,
  defaults: readonly DefaultPrivilege[],
  closed: ReadonlySet<string>,
): ObjectPrivileges {
  if (before === undefined) {
    const grants = current.extension === null ? defaultGrants(current, defaults) : current.grants;
    const isOpen = !closed.has(keyOf(current));
    return { ...current, grants: isOpen ? grants : grants.filter(({ grantee }) => grantee !== null) };
  }
  if (before.extension === null || current.extension === null) return before;
  // Another version of an extension may grant other privileges from the beginning: only what a person changed counts.
  const { revoked, granted } = changes(before);
  return {
    ...current,
    owner: before.owner,
    grants: [...missingGrants(revoked, current.grants), ...missingGrants(current.grants, granted)],
  };
}

/** The privileges of roles other than the owner that somebody revoked or granted since the object was created. */
export function changes({ initial, grants }: Pick<ObjectPrivileges, "initial" | "grants">) {
  const others = (list: readonly Grant[]) => list.filter(({ owner }) => !owner);
  return {
    revoked: missingGrants(others(grants), others(initial ?? [])),
    granted: missingGrants(others(initial ?? []), others(grants)),
  };
}

/** Privileges of the second list that are not in the first one. */
function missingGrants(grants: readonly Grant[], from: readonly Grant[]): Grant[] {
  const has = new Set(grants.map(grantKey));
  return from.filter((grant) => !has.has(grantKey(grant)));
}

/** The privileges of an object that the target does not have, as if the role of the sync had created the object there. */
function defaultGrants(object: ObjectPrivileges, defaults: readonly DefaultPrivilege[]): Grant[] {
  const fitting = defaults.filter(({ role, kind }) => role === object.owner && kind === object.kind);
  const everywhere = fitting.find(({ schema }) => schema === null)?.grants ?? object.grants;
  const here = fitting.filter(({ schema }) => schema === object.schema).flatMap(({ grants }) => grants);
  return [...new Map([...everywhere, ...here].map((grant) => [grantKey(grant), grant])).values()];
}

/** A key that no other object or column has. The key of a member of an extension does not depend on the schema of the extension. */
export function keyOf({
  on,
  column,
  schema,
  extension,
}: Pick<ObjectPrivileges, "on" | "column" | "schema" | "extension">): string {
  const name = extension === null || schema === null ? on : withoutSchema(on, schema);
  return [name, column ?? "", extension ?? ""].join("\0");
}

/** A name in GRANT without the schema of the object, which its arguments may contain as well. */
function withoutSchema(on: string, schema: string): string {
  const quoted = `"${schema.replaceAll('"', '""')}"`;
  const names = [quoted, schema].map((name) => name.replaceAll(/[^\w ]/g, String.raw`\$&`));
  return on.replaceAll(new RegExp(String.raw`(?<![\w$".])(?:${names.join("|")})\.`, "g"), "");
}

/** The name of an object or a column in messages. */
export function nameOf({ on, column }: Pick<ObjectPrivileges, "on" | "column">): string {
  return column === null ? on : `${on}, column ${column}`;
}

/** A privilege as text that does not depend on the owner's name. */
function grantKey(grant: Grant): string {
  const grantee = grant.owner ? "(owner)" : grant.grantee === null ? "public" : ident(grant.grantee);
  return `${grant.privilege} to ${grantee}${withOption(grant)}`;
}

function withOption(grant: Grant): string {
  return grant.grantable && !grant.owner ? " with grant option" : "";
}

/** Whether both lists grant the same; the owners may differ. */
export function sameGrants(a: readonly Grant[], b: readonly Grant[]): boolean {
  const text = (grants: readonly Grant[]) => grants.map(grantKey).sort().join("\n");
  return text(a) === text(b);
}

/** REVOKE and GRANT statements that replace the privileges on an object. */
export function grantStatements(
  on: string,
  column: string | null,
  current: { owner: string; grants: readonly Grant[] },
  wanted: readonly Grant[],
): string[] {
  const part = column === null ? "" : ` (${ident(column)})`;
  const name = granteeName(current.owner);
  return [
    ...[...new Set(current.grants.map(name))].map((grantee) => `revoke all${part} on ${on} from ${grantee}`),
    ...wanted.map(
      (grant) => `grant ${grant.privilege}${part} on ${on} to ${name(grant)}${withOption(grant)}`,
    ),
  ];
}

/** The statements that give an object its wanted owner and privileges. */
export function carryStatements({ current, object }: Wanted): string[] {
  return [
    ...(sameGrants(current.grants, object.grants)
      ? []
      : grantStatements(object.on, object.column, current, object.grants)),
    ...(object.alter !== null && object.owner !== current.owner
      ? [`alter ${object.alter} owner to ${ident(object.owner)}`]
      : []),
  ];
}

/** The statements that set the default privileges of a role. */
export function defaultStatements({ role, schema, kind, grants }: DefaultPrivilege): string[] {
  const where = schema === null ? "" : ` in schema ${ident(schema)}`;
  const alter = `alter default privileges for role ${ident(role)}${where}`;
  const name = granteeName(role);
  return [
    // A default for all schemas replaces the built-in one, which may give more.
    ...(schema === null ? [`${alter} revoke all on ${kind} from public, ${ident(role)}`] : []),
    ...grants.map(
      (grant) => `${alter} grant ${grant.privilege} on ${kind} to ${name(grant)}${withOption(grant)}`,
    ),
  ];
}

function granteeName(owner: string): (grant: Grant) => string {
  return (grant) => (grant.owner ? ident(owner) : grant.grantee === null ? "public" : ident(grant.grantee));
}
