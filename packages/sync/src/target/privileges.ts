/**
 * Owners and rights of objects, and default privileges: they belong to the target, not to the source. Read from the old
 * target and given to the objects of the staging database.
 */
import { OpsError } from "@pilot-light/core/ops-error";
import { notInExtension, userSchema } from "@pilot-light/core/inventory/objects";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";

/** One right of one role. `grantee` is null for PUBLIC; the owner's own rights are under `owner: true`. */
export interface Grant {
  grantee: string | null;
  owner: boolean;
  privilege: string;
  grantable: boolean;
}

/** Owner and rights of one object. `on` is how GRANT names it: `table public.projects`. */
interface ObjectRights {
  /** As ALTER DEFAULT PRIVILEGES calls its kind. */
  kind: string;
  schema: string;
  on: string;
  /** How ALTER ... OWNER names it; null where the owner follows another object. */
  alter: string | null;
  column: string | null;
  owner: string;
  grants: Grant[];
}

interface DefaultPrivilege {
  role: string;
  schema: string | null;
  kind: string;
  grants: Grant[];
}

/** Owners and rights of all objects, and what new objects get. */
export interface Rights {
  objects: ObjectRights[];
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

// Columns have no rights of their own until some are granted, so only those that have are read.
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

/** Reads owners, rights and default privileges of the database of a session. */
export async function readRights(session: Session): Promise<Rights> {
  const objects = await session.query<ObjectRights>(objectsQuery);
  return { objects, defaults: await session.query<DefaultPrivilege>(defaultPrivilegesQuery) };
}

/** Routines and types that PUBLIC, which may use new ones by default, may not use. */
export async function closedToPublic(session: Session): Promise<Set<string>> {
  const { objects } = await readRights(session);
  const closed = objects.filter(
    ({ kind, grants }) =>
      (kind === "routines" || kind === "types") && !grants.some(({ grantee }) => grantee === null),
  );
  return new Set(closed.map(({ on }) => on));
}

/**
 * Gives the old target's owners and rights to the objects of the staging database that the target had too, and to new
 * objects what the target's default privileges give to objects of the role that syncs.
 * @param closed from `closedToPublic` of the source: new objects among them are closed to PUBLIC here as well
 * @throws OpsError RIGHTS_NOT_CARRIED (target) when the result is not what it should be
 */
export async function carryRights(
  staging: Session,
  target: Rights,
  closed: ReadonlySet<string>,
): Promise<void> {
  for (const privilege of target.defaults) await applyDefaultPrivilege(staging, privilege);
  const wanted = wantedRights(
    (await readRights(staging)).objects,
    target,
    await columnRightsThatFit(staging, target),
    closed,
  );
  for (const { current, object } of wanted) await carryOver(staging, current, object);
  await verifyRights(staging, wanted);
}

/** An object as it is and as it should be. */
interface Wanted {
  current: ObjectRights;
  object: ObjectRights;
}

function wantedRights(
  present: readonly ObjectRights[],
  target: Rights,
  columns: readonly ObjectRights[],
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

/** Rights on columns: those of the old target whose column is there again. A restore brings none of its own. */
async function columnRightsThatFit(staging: Session, target: Rights): Promise<ObjectRights[]> {
  const fitting: ObjectRights[] = [];
  for (const object of target.objects) {
    if (object.column !== null && (await hasColumn(staging, object, object.column))) fitting.push(object);
  }
  return fitting;
}

async function hasColumn(session: Session, object: ObjectRights, column: string): Promise<boolean> {
  const { found } = await session.one<{ found: boolean }>(
    `select exists (select 1 from pg_catalog.pg_attribute a
        where a.attrelid = pg_catalog.to_regclass($1) and a.attname = $2 and not a.attisdropped) as found`,
    [object.on.replace(/^table /, ""), column],
  );
  return found;
}

/** What an object that the target did not have gets: as if it had been created there by the role that syncs. */
function defaultGrants(object: ObjectRights, defaults: readonly DefaultPrivilege[]): Grant[] {
  const fitting = defaults.filter(({ role, kind }) => role === object.owner && kind === object.kind);
  const everywhere = fitting.find(({ schema }) => schema === null)?.grants ?? object.grants;
  const here = fitting.filter(({ schema }) => schema === object.schema).flatMap(({ grants }) => grants);
  return [...new Map([...everywhere, ...here].map((grant) => [grantKey(grant), grant])).values()];
}

function keyOf(object: Pick<ObjectRights, "on" | "column">): string {
  return `${object.on}\0${object.column ?? ""}`;
}

/** A right as text that does not depend on the owner's name. */
function grantKey(grant: Grant): string {
  const grantee = grant.owner ? "(owner)" : grant.grantee === null ? "public" : ident(grant.grantee);
  return `${grant.privilege} to ${grantee}${withOption(grant)}`;
}

function withOption(grant: Grant): string {
  return grant.grantable && !grant.owner ? " with grant option" : "";
}

/** True when both say the same, whoever the owners are. */
export function sameGrants(a: readonly Grant[], b: readonly Grant[]): boolean {
  const text = (grants: readonly Grant[]) => grants.map(grantKey).sort().join("\n");
  return text(a) === text(b);
}

async function carryOver(session: Session, current: ObjectRights, wanted: ObjectRights): Promise<void> {
  if (!sameGrants(current.grants, wanted.grants)) {
    for (const statement of rightsStatements(wanted.on, wanted.column, current, wanted.grants)) {
      await session.query(statement);
    }
  }
  if (wanted.alter !== null && wanted.owner !== current.owner) {
    await session.query(`alter ${wanted.alter} owner to ${ident(wanted.owner)}`);
  }
}

/** REVOKE and GRANT statements that replace the rights on an object. */
export function rightsStatements(
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
    // Platforms set default privileges for their own roles (Neon's cloud_admin): theirs to make again, not ours.
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

async function verifyRights(staging: Session, wanted: readonly Wanted[]): Promise<void> {
  const present = new Map((await readRights(staging)).objects.map((object) => [keyOf(object), object]));
  const different = wanted.filter(({ object }) => {
    const found = present.get(keyOf(object));
    const sameOwner = object.alter === null || found?.owner === object.owner;
    return !sameOwner || !sameGrants(found?.grants ?? [], object.grants);
  });
  if (different.length === 0) return;
  throw new OpsError(
    "target",
    "RIGHTS_NOT_CARRIED",
    "Owners or rights of the target could not be given to the new database.",
    {
      details: different
        .slice(0, 20)
        .map(({ object: { on, column } }) => `${on}${column === null ? "" : `, column ${column}`}`),
      hint: "Rights granted by a role other than the owner cannot be repeated: grant them as the owner.",
    },
  );
}
