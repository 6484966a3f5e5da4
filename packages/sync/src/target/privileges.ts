/**
 * Owners and privileges of objects, and default privileges: they belong to the target, not to the source. A sync reads them from
 * the target and gives them to the objects of the staging database.
 */
import { notInExtension, userSchema } from "@pilot-light/core/inventory/objects";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";
import { privilegesNotCarried } from "../errors.ts";

/** One privilege of one role. `grantee` is null for PUBLIC; `owner` is true for the owner's own privileges. */
export interface Grant {
  grantee: string | null;
  owner: boolean;
  privilege: string;
  grantable: boolean;
}

/** Owner and privileges of one object. `on` is its name in GRANT: `table public.projects`. */
export interface ObjectPrivileges {
  /** Its kind, as ALTER DEFAULT PRIVILEGES names it. */
  kind: string;
  schema: string;
  on: string;
  /** Its name in ALTER ... OWNER; null for an object whose owner is that of another object. */
  alter: string | null;
  column: string | null;
  owner: string;
  grants: Grant[];
}

/** What ALTER DEFAULT PRIVILEGES gives to new objects of a role. */
export interface DefaultPrivilege {
  role: string;
  schema: string | null;
  kind: string;
  grants: Grant[];
}

/** Owners and privileges of all objects, and those of new objects. */
export interface Privileges {
  objects: ObjectPrivileges[];
  defaults: DefaultPrivilege[];
}

/** SQL that explodes an ACL into `Grant`s. */
export const grantsOf = (acl: string, owner: string) => `
  (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'grantee', case when x.grantee = 0 then null else pg_catalog.pg_get_userbyid(x.grantee) end,
      'owner', x.grantee = ${owner}, 'privilege', x.privilege_type, 'grantable', x.is_grantable)
      order by x.grantee = 0, pg_catalog.pg_get_userbyid(x.grantee), x.privilege_type), '[]')
     from pg_catalog.aclexplode(${acl}) x)`;

const relationKeyword = `case c.relkind when 'S' then 'sequence' else 'table' end`;
const alterKeyword = `case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end`;
const ownedSequence = `c.relkind = 'S' and exists (select 1 from pg_catalog.pg_depend d
  where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype in ('a', 'i'))`;

// A column has no privileges of its own until some are granted, so only columns that have some are read.
const objectsQuery = `
  select 'schemas' as kind, n.nspname as schema, pg_catalog.format('schema %I', n.nspname) as "on", pg_catalog.format('schema %I', n.nspname) as "alter", null as "column",
         pg_catalog.pg_get_userbyid(n.nspowner) as owner,
         ${grantsOf("coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))", "n.nspowner")} as grants, 1 as step
    from pg_catalog.pg_namespace n where ${userSchema} and ${notInExtension("pg_namespace", "n.oid")}
  union all
  select case c.relkind when 'S' then 'sequences' else 'tables' end, n.nspname, pg_catalog.format('%s %I.%I', ${relationKeyword}, n.nspname, c.relname),
         case when ${ownedSequence} then null else pg_catalog.format('%s %I.%I', ${alterKeyword}, n.nspname, c.relname) end, null,
         pg_catalog.pg_get_userbyid(c.relowner),
         ${grantsOf("coalesce(c.relacl, pg_catalog.acldefault((case c.relkind when 'S' then 's' else 'r' end)::\"char\", c.relowner))", "c.relowner")}, 2
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ${userSchema} and ${notInExtension("pg_class", "c.oid")}
  union all
  select 'columns', n.nspname, pg_catalog.format('table %I.%I', n.nspname, c.relname), null, a.attname,
         pg_catalog.pg_get_userbyid(c.relowner), ${grantsOf("a.attacl", "c.relowner")}, 2
    from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where a.attacl is not null and a.attnum > 0 and not a.attisdropped and ${userSchema} and ${notInExtension("pg_class", "c.oid")}
  union all
  select 'routines', n.nspname, 'routine ' || p.oid::pg_catalog.regprocedure::text, 'routine ' || p.oid::pg_catalog.regprocedure::text, null,
         pg_catalog.pg_get_userbyid(p.proowner),
         ${grantsOf("coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))", "p.proowner")}, 2
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
   where ${userSchema} and ${notInExtension("pg_proc", "p.oid")}
  union all
  select 'types', n.nspname, pg_catalog.format('type %I.%I', n.nspname, t.typname), pg_catalog.format('type %I.%I', n.nspname, t.typname), null,
         pg_catalog.pg_get_userbyid(t.typowner),
         ${grantsOf("coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner))", "t.typowner")}, 2
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    left join pg_catalog.pg_class c on c.oid = t.typrelid
   where (t.typtype in ('e', 'd', 'r') or c.relkind = 'c') and ${userSchema} and ${notInExtension("pg_type", "t.oid")}
   order by step, "on", "column" nulls first`;

const defaultPrivilegesQuery = `
  select pg_catalog.pg_get_userbyid(p.defaclrole) as role, n.nspname as schema,
         case p.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'routines' when 'T' then 'types' when 'n' then 'schemas' when 'L' then 'large objects' end as kind,
         ${grantsOf("p.defaclacl", "p.defaclrole")} as grants
    from pg_catalog.pg_default_acl p left join pg_catalog.pg_namespace n on n.oid = p.defaclnamespace`;

/** Reads the owners, privileges and default privileges of the session's database. */
export async function readPrivileges(session: Session): Promise<Privileges> {
  const objects = await session.query<ObjectPrivileges>(objectsQuery);
  return { objects, defaults: await session.query<DefaultPrivilege>(defaultPrivilegesQuery) };
}

/** Routines and types that PUBLIC may not use, although by default it may use new ones. */
export async function closedToPublic(session: Session): Promise<Set<string>> {
  const { objects } = await readPrivileges(session);
  const closed = objects.filter(
    ({ kind, grants }) =>
      (kind === "routines" || kind === "types") && !grants.some(({ grantee }) => grantee === null),
  );
  return new Set(closed.map(({ on }) => on));
}

/**
 * Gives the target's owners and privileges to the objects of the staging database. An object that the target does not have gets what
 * the target's default privileges give to an object of the role that syncs.
 * @param closed from `closedToPublic` of the source: new objects among them are closed to PUBLIC on the target as well
 * @throws OpsError RIGHTS_NOT_CARRIED (target) when the result is not complete
 */
export async function carryPrivileges(
  staging: Session,
  target: Privileges,
  closed: ReadonlySet<string>,
): Promise<void> {
  for (const privilege of target.defaults) await applyDefaultPrivilege(staging, privilege);
  const { objects: present } = await readPrivileges(staging);
  const wanted = wantedPrivileges(present, target, await keptColumns(staging, target), closed);
  for (const { current, object } of wanted) await carryOver(staging, current, object);
  await verifyPrivileges(staging, wanted);
}

/** An object as it is, and as it must become. */
interface Wanted {
  current: ObjectPrivileges;
  object: ObjectPrivileges;
}

/**
 * What every object of the staging database must become. Pure.
 * @param present objects of the staging database
 * @param columns columns of the target with privileges of their own that the staging database has too
 * @param closed routines and types that are closed to PUBLIC in the source
 */
export function wantedPrivileges(
  present: readonly ObjectPrivileges[],
  target: Privileges,
  columns: readonly ObjectPrivileges[],
  closed: ReadonlySet<string>,
): Wanted[] {
  const before = new Map(target.objects.map((object) => [keyOf(object), object]));
  const objects = present.map((current) => {
    const grants = defaultGrants(current, target.defaults);
    const object = before.get(keyOf(current)) ?? {
      ...current,
      grants: closed.has(current.on) ? grants.filter(({ grantee }) => grantee !== null) : grants,
    };
    return { current, object };
  });
  return [...objects, ...columns.map((object) => ({ current: { ...object, grants: [] }, object }))];
}

/** Columns of the target with privileges of their own that the staging database has too. A restore creates no such privileges. */
async function keptColumns(staging: Session, target: Privileges): Promise<ObjectPrivileges[]> {
  const kept: ObjectPrivileges[] = [];
  for (const object of target.objects) {
    if (object.column !== null && (await hasColumn(staging, object, object.column))) kept.push(object);
  }
  return kept;
}

async function hasColumn(session: Session, object: ObjectPrivileges, column: string): Promise<boolean> {
  const { found } = await session.one<{ found: boolean }>(
    `select exists (select 1 from pg_catalog.pg_attribute a
        where a.attrelid = pg_catalog.to_regclass($1) and a.attname = $2 and not a.attisdropped) as found`,
    [object.on.replace(/^table /, ""), column],
  );
  return found;
}

/** The privileges of an object that the target does not have: as if the role that syncs had created it there. */
function defaultGrants(object: ObjectPrivileges, defaults: readonly DefaultPrivilege[]): Grant[] {
  const fitting = defaults.filter(({ role, kind }) => role === object.owner && kind === object.kind);
  const everywhere = fitting.find(({ schema }) => schema === null)?.grants ?? object.grants;
  const here = fitting.filter(({ schema }) => schema === object.schema).flatMap(({ grants }) => grants);
  return [...new Map([...everywhere, ...here].map((grant) => [grantKey(grant), grant])).values()];
}

function keyOf(object: Pick<ObjectPrivileges, "on" | "column">): string {
  return `${object.on}\0${object.column ?? ""}`;
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

async function carryOver(
  session: Session,
  current: ObjectPrivileges,
  wanted: ObjectPrivileges,
): Promise<void> {
  if (!sameGrants(current.grants, wanted.grants)) {
    for (const statement of grantStatements(wanted.on, wanted.column, current, wanted.grants)) {
      await session.query(statement);
    }
  }
  if (wanted.alter !== null && wanted.owner !== current.owner) {
    await session.query(`alter ${wanted.alter} owner to ${ident(wanted.owner)}`);
  }
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

function granteeName(owner: string): (grant: Grant) => string {
  return (grant) => (grant.owner ? ident(owner) : grant.grantee === null ? "public" : ident(grant.grantee));
}

async function applyDefaultPrivilege(session: Session, privilege: DefaultPrivilege): Promise<void> {
  const { possible } = await session.one<{ possible: boolean }>(
    // Platforms set default privileges for their own roles (Neon's cloud_admin), which only the platform can set.
    `select pg_catalog.pg_has_role($1, 'usage') and ($2::text is null or pg_catalog.to_regnamespace(pg_catalog.quote_ident($2)) is not null) as possible`,
    [privilege.role, privilege.schema],
  );
  if (!possible) return;
  const schema = privilege.schema === null ? "" : ` in schema ${ident(privilege.schema)}`;
  const alter = `alter default privileges for role ${ident(privilege.role)}${schema}`;
  if (privilege.schema === null) {
    // A default for all schemas replaces the built-in one, which may give more.
    await session.query(`${alter} revoke all on ${privilege.kind} from public, ${ident(privilege.role)}`);
  }
  const name = granteeName(privilege.role);
  for (const grant of privilege.grants) {
    await session.query(
      `${alter} grant ${grant.privilege} on ${privilege.kind} to ${name(grant)}${withOption(grant)}`,
    );
  }
}

async function verifyPrivileges(staging: Session, wanted: readonly Wanted[]): Promise<void> {
  const present = new Map((await readPrivileges(staging)).objects.map((object) => [keyOf(object), object]));
  const different = wanted.filter(({ object }) => {
    const found = present.get(keyOf(object));
    const sameOwner = object.alter === null || found?.owner === object.owner;
    return !sameOwner || !sameGrants(found?.grants ?? [], object.grants);
  });
  if (different.length === 0) return;
  const objects = different.map(
    ({ object: { on, column } }) => `${on}${column === null ? "" : `, column ${column}`}`,
  );
  throw privilegesNotCarried({ objects: objects.slice(0, 20) });
}
