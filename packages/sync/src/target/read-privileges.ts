/** Reads owners, privileges and default privileges of every kind of object, in one query each. */
import { settleAll } from "@pilot-light/core/async/settle";
import { userSchema } from "@pilot-light/core/inventory/objects";
import type { Session } from "@pilot-light/core/postgres/session";
import type { DefaultPrivilege, ObjectPrivileges, Privileges, RoleFacts } from "./privileges.ts";

/** SQL that explodes an ACL into `Grant`s. Several roles may have granted the same privilege: this is one `Grant`. */
export const grantsOf = (acl: string, owner: string) => `
  (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'grantee', case when g.grantee = 0 then null else pg_catalog.pg_get_userbyid(g.grantee) end,
      'owner', g.owner, 'privilege', g.privilege_type, 'grantable', g.grantable)
      order by g.grantee = 0, pg_catalog.pg_get_userbyid(g.grantee), g.privilege_type), '[]')
     from (select x.grantee, x.privilege_type, pg_catalog.bool_or(x.grantee = ${owner}) as owner, pg_catalog.bool_or(x.is_grantable) as grantable
             from pg_catalog.aclexplode(${acl}) x group by x.grantee, x.privilege_type) g)`;

interface ObjectQuery {
  /** As ALTER DEFAULT PRIVILEGES names it. */
  kind: string;
  catalog: string;
  from: string;
  oid: string;
  schema?: string;
  on: string;
  alter: string;
  column?: string;
  owner: string;
  /** The column with the ACL, and SQL for the default ACL if the column is null; undefined for a kind without privileges. */
  acl?: { column: string; ifNull: string };
  /** SQL: the number of the column in pg_init_privs. Default: 0, the object itself. */
  part?: string;
  /** SQL condition: the owner may own such an object at this place. */
  mayCreate?: string;
}

const extensionOf = (catalog: string, oid: string) => `(select x.extname
    from pg_catalog.pg_depend e join pg_catalog.pg_extension x on x.oid = e.refobjid
   where e.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass and e.objid = ${oid} and e.deptype = 'e'
     and e.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass limit 1)`;

/** One branch of the query. Only members of extensions and the schema public have `initial` privileges. */
function branch({
  kind,
  catalog,
  oid,
  owner,
  acl,
  part = "0",
  column = "null",
  ...rest
}: ObjectQuery): string {
  const initial =
    acl === undefined
      ? "'[]'"
      : grantsOf(
          `coalesce((select i.initprivs from pg_catalog.pg_init_privs i
             where i.classoid = 'pg_catalog.${catalog}'::pg_catalog.regclass and i.objoid = ${oid} and i.objsubid = ${part}), ${acl.ifNull})`,
          "x.grantor",
        );
  const grants = acl === undefined ? "'[]'" : grantsOf(`coalesce(${acl.column}, ${acl.ifNull})`, owner);
  const { from, schema, on, alter, mayCreate } = rest;
  const mayOwn =
    mayCreate ??
    (schema === undefined ? "true" : `pg_catalog.has_schema_privilege(${owner}, n.oid, 'create')`);
  return `
  select ${kind} as kind, ${schema ?? "null"} as schema, ${on} as "on", ${alter} as "alter", ${column} as "column",
         pg_catalog.pg_get_userbyid(${owner}) as owner, ${grants}::jsonb as grants, y.extension,
         case when y.extension is not null or ${on} = 'schema public' then ${initial}::jsonb end as initial, ${mayOwn} as "mayCreate"
    from ${from} cross join lateral (select ${extensionOf(catalog, oid)} as extension) y`;
}

const namespace = (column: string) => `join pg_catalog.pg_namespace n on n.oid = ${column}`;
/** A member of an extension may be in any schema. */
const inDatabase = (schemaCondition = userSchema) => `(${schemaCondition} or y.extension is not null)`;

const acl = (column: string, type: string, owner: string) => ({
  column,
  ifNull: `pg_catalog.acldefault(${type}, ${owner})`,
});

const relationKeyword = `case c.relkind when 'S' then 'sequence' else 'table' end`;
const alterKeyword = `case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end`;
const ownedSequence = `c.relkind = 'S' and exists (select 1 from pg_catalog.pg_depend d
  where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype in ('a', 'i'))`;
const routine = `'routine ' || p.oid::pg_catalog.regprocedure::text`;
const type = `pg_catalog.format('type %I.%I', n.nspname, t.typname)`;

const schemas = `${branch({
  kind: "'schemas'",
  catalog: "pg_namespace",
  from: "pg_catalog.pg_namespace n",
  oid: "n.oid",
  schema: "n.nspname",
  on: "pg_catalog.format('schema %I', n.nspname)",
  alter: "pg_catalog.format('schema %I', n.nspname)",
  owner: "n.nspowner",
  acl: acl("n.nspacl", "'n'", "n.nspowner"),
  mayCreate: "pg_catalog.has_database_privilege(n.nspowner, pg_catalog.current_database(), 'create')",
})} where ${inDatabase()}`;

const relations = `${branch({
  kind: "case c.relkind when 'S' then 'sequences' else 'tables' end",
  catalog: "pg_class",
  from: `pg_catalog.pg_class c ${namespace("c.relnamespace")}`,
  oid: "c.oid",
  schema: "n.nspname",
  on: `pg_catalog.format('%s %I.%I', ${relationKeyword}, n.nspname, c.relname)`,
  alter: `case when ${ownedSequence} then null else pg_catalog.format('%s %I.%I', ${alterKeyword}, n.nspname, c.relname) end`,
  owner: "c.relowner",
  acl: acl("c.relacl", `(case c.relkind when 'S' then 's' else 'r' end)::"char"`, "c.relowner"),
})} where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ${inDatabase()}`;

// A column has no privileges until some are granted, so only columns that have some are read.
const columns = `${branch({
  kind: "'columns'",
  catalog: "pg_class",
  from: `pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid ${namespace("c.relnamespace")}`,
  oid: "c.oid",
  part: "a.attnum",
  schema: "n.nspname",
  on: "pg_catalog.format('table %I.%I', n.nspname, c.relname)",
  alter: "null",
  column: "a.attname",
  owner: "c.relowner",
  acl: { column: "a.attacl", ifNull: "null::pg_catalog.aclitem[]" },
})} where a.attacl is not null and a.attnum > 0 and not a.attisdropped and ${inDatabase()}`;

// CREATE TYPE ... AS RANGE also creates constructors. They belong to the first superuser of the server, not to the role that creates the
// type.
const constructor = `exists (select 1 from pg_catalog.pg_depend d
  where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'i'
    and d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass)`;

const routines = `${branch({
  kind: "'routines'",
  catalog: "pg_proc",
  from: `pg_catalog.pg_proc p ${namespace("p.pronamespace")}`,
  oid: "p.oid",
  schema: "n.nspname",
  on: routine,
  alter: routine,
  owner: "p.proowner",
  acl: acl("p.proacl", "'f'", "p.proowner"),
})} where ${inDatabase()} and not ${constructor}`;

// From version 17 on, a multirange type has the privileges of its range type.
const types = `${branch({
  kind: "'types'",
  catalog: "pg_type",
  from: `pg_catalog.pg_type t ${namespace("t.typnamespace")} left join pg_catalog.pg_class c on c.oid = t.typrelid`,
  oid: "t.oid",
  schema: "n.nspname",
  on: type,
  alter: type,
  owner: "t.typowner",
  acl: acl("t.typacl", "'T'", "t.typowner"),
})} where (t.typtype in ('e', 'd', 'r') or c.relkind = 'c'
        or t.typtype = 'm' and pg_catalog.current_setting('server_version_num')::int < 170000
        or t.typtype = 'b' and not exists (select 1 from pg_catalog.pg_type element where element.typarray = t.oid))
     and ${inDatabase()}`;

/** Kinds that are in no schema: name in GRANT, name in ALTER, catalog, columns. */
const withoutSchema = (
  [
    ["languages", "language", "language", "pg_language", "lan", "l"],
    [
      "foreign data wrappers",
      "foreign data wrapper",
      "foreign data wrapper",
      "pg_foreign_data_wrapper",
      "fdw",
      "F",
    ],
    ["foreign servers", "foreign server", "server", "pg_foreign_server", "srv", "S"],
  ] as const
).map(([kind, on, alter, catalog, prefix, code]) => {
  const owner = `o.${prefix}owner`;
  return `${branch({
    kind: `'${kind}'`,
    catalog,
    from: `pg_catalog.${catalog} o`,
    oid: "o.oid",
    on: `pg_catalog.format('${on} %I', o.${prefix}name)`,
    alter: `pg_catalog.format('${alter} %I', o.${prefix}name)`,
    owner,
    acl: acl(`o.${prefix}acl`, `'${code}'`, owner),
  })} where (o.oid >= 16384 or y.extension is not null)`;
});

/** Kinds that have an owner and no privileges: name in ALTER, catalog, prefix of the columns. */
const ownedOnly = (
  [
    ["collation", "pg_collation", "coll"],
    ["conversion", "pg_conversion", "con"],
    ["operator", "pg_operator", "opr"],
    ["operator class", "pg_opclass", "opc"],
    ["operator family", "pg_opfamily", "opf"],
    ["statistics", "pg_statistic_ext", "stx"],
    ["text search configuration", "pg_ts_config", "cfg"],
    ["text search dictionary", "pg_ts_dict", "dict"],
  ] as const
).map(([kind, catalog, prefix]) => {
  const name = `'${kind} ' || (pg_catalog.pg_identify_object('pg_catalog.${catalog}'::pg_catalog.regclass, o.oid, 0)).identity`;
  return `${branch({
    kind: `'${kind}'`,
    catalog,
    from: `pg_catalog.${catalog} o ${namespace(`o.${prefix}namespace`)}`,
    oid: "o.oid",
    schema: "n.nspname",
    on: name,
    alter: name,
    owner: `o.${prefix}owner`,
  })} where o.oid >= 16384 and ${inDatabase()}`;
});

// A database may have millions of large objects. A restore creates them for the role of the session, without an ACL: those are read only if
// $1 names them.
const largeObjects = `${branch({
  kind: "'large objects'",
  catalog: "pg_largeobject",
  from: "pg_catalog.pg_largeobject_metadata o",
  oid: "o.oid",
  on: "'large object ' || o.oid",
  alter: "'large object ' || o.oid",
  owner: "o.lomowner",
  acl: acl("o.lomacl", "'L'", "o.lomowner"),
})} where o.lomacl is not null or pg_catalog.pg_get_userbyid(o.lomowner) <> current_user or ('large object ' || o.oid) = any ($1::text[])`;

const objectsQuery = `select * from (
  ${[schemas, relations, columns, routines, types, ...withoutSchema, ...ownedOnly, largeObjects].join("\n  union all")}
  ) as o order by kind <> 'schemas', "on", "column" nulls first`;

const defaultPrivilegesQuery = `
  select pg_catalog.pg_get_userbyid(p.defaclrole) as role, n.nspname as schema,
         case p.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'routines' when 'T' then 'types' when 'n' then 'schemas' when 'L' then 'large objects' end as kind,
         ${grantsOf("p.defaclacl", "p.defaclrole")} as grants
    from pg_catalog.pg_default_acl p left join pg_catalog.pg_namespace n on n.oid = p.defaclnamespace
   order by role, kind, schema nulls first`;

/** Reads the owners, privileges and default privileges of the session's database. */
export async function readPrivileges(session: Session): Promise<Privileges> {
  const [objects, defaults] = await settleAll([
    readObjectPrivileges(session),
    session.query<DefaultPrivilege & Record<string, unknown>>(defaultPrivilegesQuery),
  ]);
  return { objects, defaults };
}

/**
 * Reads the owners and privileges of the objects of the session's database.
 * @param largeObjects large objects to read although they belong to the role of the session and have no ACL: `large object 16400`
 */
export async function readObjectPrivileges(
  session: Session,
  largeObjects: readonly string[] = [],
): Promise<ObjectPrivileges[]> {
  return await session.query<ObjectPrivileges & Record<string, unknown>>(objectsQuery, [largeObjects]);
}

/** Reads what the role of the session may do with each role. */
export async function readRoles(session: Session): Promise<Map<string, RoleFacts>> {
  const rows = await session.query<RoleFacts & { name: string }>(`
    select r.rolname as name, r.rolsuper as superuser, pg_catalog.pg_has_role(r.oid, 'usage') as usable,
           pg_catalog.pg_has_role(r.oid, case when pg_catalog.current_setting('server_version_num')::int < 160000 then 'member' else 'set' end) as assignable
      from pg_catalog.pg_roles r`);
  return new Map(rows.map(({ name, ...facts }) => [name, facts]));
}
