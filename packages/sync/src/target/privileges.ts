/**
 * Owners and privileges of objects, and default privileges, as data: what they are, and when two are the same. A sync copies them from the target,
 * and not from the source, to the objects of the staging database. Pure.
 */
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

/** The privileges of roles other than the owner that somebody revoked or granted since the object was created. */
export function changes({ initial, grants }: Pick<ObjectPrivileges, "initial" | "grants">) {
  const others = (list: readonly Grant[]) => list.filter(({ owner }) => !owner);
  return {
    revoked: missingGrants(others(grants), others(initial ?? [])),
    granted: missingGrants(others(initial ?? []), others(grants)),
  };
}

/** Privileges of the second list that are not in the first one. */
export function missingGrants(grants: readonly Grant[], from: readonly Grant[]): Grant[] {
  const has = new Set(grants.map(grantKey));
  return from.filter((grant) => !has.has(grantKey(grant)));
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

/** A key of a privilege that does not depend on the name of the owner, who can always grant it. */
export function grantKey({ privilege, owner, grantee, grantable }: Grant): string {
  return JSON.stringify(owner ? [privilege, "owner"] : [privilege, grantee, grantable]);
}

/** Whether both lists grant the same; the owners may differ. */
export function sameGrants(a: readonly Grant[], b: readonly Grant[]): boolean {
  const text = (grants: readonly Grant[]) => grants.map(grantKey).sort().join("\n");
  return text(a) === text(b);
}
