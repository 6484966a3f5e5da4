/**
 * Which owner and privileges each object of the staging database gets. If the target has the object, these are its owner and privileges there.
 * A new object gets those that it would have if the role of the sync had created it in the target. Pure.
 */
import {
  changes,
  grantKey,
  isGiven,
  keyOf,
  missingGrants,
  type DefaultPrivilege,
  type Grant,
  type ObjectPrivileges,
  type Privileges,
  type Roles,
} from "./privileges.ts";

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

/** The privileges of an object that the target does not have, as if the role of the sync had created the object there. */
function defaultGrants(object: ObjectPrivileges, defaults: readonly DefaultPrivilege[]): Grant[] {
  const fitting = defaults.filter(({ role, kind }) => role === object.owner && kind === object.kind);
  const everywhere = fitting.find(({ schema }) => schema === null)?.grants ?? object.grants;
  const here = fitting.filter(({ schema }) => schema === object.schema).flatMap(({ grants }) => grants);
  return [...new Map([...everywhere, ...here].map((grant) => [grantKey(grant), grant])).values()];
}
