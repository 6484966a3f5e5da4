/** Reads the facts about a server and a database that the preflight rules check, in few queries. */
import { randomBytes } from "node:crypto";
import { notInExtension, userSchema } from "@pilot-light/core/inventory/objects";
import type { Session } from "@pilot-light/core/postgres/session";
import { splitComment, type CopyMark, type InPlaceMark } from "./copy-mark.ts";
import { privilegedObjectsQuery } from "./privileged-objects.ts";

/** A server, the role of the session, and the database that it is connected to. */
export interface DatabaseFacts {
  /** Full version, such as "16.4". */
  version: string;
  major: number;
  database: string;
  oid: number;
  /** Such as "UTF8". */
  encoding: string;
  /** Size on disk in bytes. */
  bytes: number;
  /** OIDs of its oldest relations, at most 100, without those of extensions. A replacement in place creates all of them again. */
  oldestRelations: readonly number[];
  owner: string;
  role: string;
  superuser: boolean;
  /** The role may create databases. */
  createdb: boolean;
  /** The role owns the database, or has the privileges of its owner. */
  owns: boolean;
  /** How many more connections the server accepts from the role, for each limit; null where a limit does not exist. */
  spareConnections: Readonly<Record<ConnectionLimit, number | null>>;
  /** The role may end the sessions of other roles. */
  maySignal: boolean;
  extensions: readonly InstalledExtension[];
  /** Extensions that the server offers. */
  available: readonly string[];
  /** Extensions that the role may create. On RDS and Neon, all that the server offers: the platform decides itself. */
  creatable: readonly string[];
  /** Extensions that a role without SUPERUSER may create. Their members then belong to the server's first superuser. */
  trusted: readonly string[];
  /** Roles that exist on the server. */
  roles: readonly string[];
  /** Other sessions in this database. */
  sessions: number;
  /** Sessions in this database that the role may end only with `maySignal`. */
  foreignSessions: number;
  preparedTransactions: number;
  subscriptions: readonly string[];
  logicalSlots: readonly string[];
  publications: readonly string[];
  eventTriggers: readonly string[];
  /** What a dump does not contain: tables of extensions, passwords of user mappings, security labels. */
  notDumped: readonly string[];
  /** Objects that pg_dump has to read and the role may not: `table public.t`, `sequence public.s`, `large object 16999`. */
  unreadable: readonly string[];
  /** Roles that policies and user mappings of this database name. On the target, they exist only if somebody has created them. */
  namedRoles: readonly NamedRole[];
  /** Objects that only a superuser may create. */
  privilegedObjects: readonly string[];
  /** Parameters that functions of this database set, each with one of the functions. */
  functionSettings: readonly { parameter: string; function: string }[];
  /** Parameters of the server, and whether the role may set them in a function. */
  parameters: Readonly<Record<string, boolean>>;
  /** Extensions whose comment is not the one that CREATE EXTENSION gives. */
  commentedExtensions: readonly string[];
  /** Collations of the server that objects of this database use. */
  usedCollations: readonly string[];
  /** All collations of the server, for the encoding of this database. */
  collations: readonly string[];
  /** What ALTER DATABASE and ALTER ROLE ... IN DATABASE set, and the comment without the mark. */
  settings: readonly DatabaseSetting[];
  /** Why the database is a changed copy; absent without a mark. */
  mark?: CopyMark;
  /** The last replacement of its contents in place; absent if there was none since a sync created the database. */
  inPlace?: InPlaceMark;
}

/** What limits the number of connections. */
export type ConnectionLimit = "database" | "role" | "server";

/** A role that policies or user mappings name. */
export interface NamedRole {
  role: string;
  /** "policies" or "user mappings". */
  by: string;
}

/** A setting of a database. Values are often secrets: nothing prints them. */
export interface DatabaseSetting {
  /** The role that it applies to; null for all. */
  role: string | null;
  /** Name of the parameter; "comment" for the comment of the database. */
  name: string;
  value: string;
  /** The role of the session may set it for another database. */
  isSettable: boolean;
}

export interface InstalledExtension {
  name: string;
  version: string;
  /** Objects outside of the extension that need it. */
  dependents: readonly string[];
}

/** Reads the facts. Changes nothing. */
export async function readFacts(session: Session): Promise<DatabaseFacts> {
  type Row = Omit<DatabaseFacts, "major" | "parameters" | "settings" | "mark" | "inPlace"> & {
    versionNumber: number;
  };
  const { facts } = await session.one<{ facts: Row }>(factsQuery);
  const { versionNumber, ...rest } = facts;
  const major = Math.floor(versionNumber / 10_000);
  const { settings, parameters } = await readSettings(session, major);
  return { ...rest, major, parameters, ...splitSettings(settings) };
}

/** Separates the marks from the comment of a person. */
function splitSettings(
  settings: readonly DatabaseSetting[],
): Pick<DatabaseFacts, "settings" | "mark" | "inPlace"> {
  const found = settings.find(isComment);
  const { comment, ...marks } = splitComment(found?.value ?? null);
  const own = settings.flatMap((setting) => {
    if (!isComment(setting)) return [setting];
    return comment === null ? [] : [{ ...setting, value: comment }];
  });
  return { settings: own, ...marks };
}

const isComment = ({ role, name }: DatabaseSetting) => role === null && name === "comment";

/**
 * The settings of the session's database, and the parameters that the role may set. ALTER DATABASE SET and CREATE FUNCTION ... SET check the
 * privileges for a parameter as SET does. Only superusers may use them for a parameter that the server does not know (`app.secret`); pg_settings
 * does not list such parameters. GRANT SET exists from version 15 on (`validate_option_array_item` in src/backend/utils/misc/guc.c). ALTER ROLE
 * needs the ADMIN option from version 16 on (`AlterRoleSet` in src/backend/commands/user.c).
 */
async function readSettings(
  session: Session,
  major: number,
): Promise<{ settings: DatabaseSetting[]; parameters: DatabaseFacts["parameters"] }> {
  const granted = (name: string) =>
    major >= 15 ? `or pg_catalog.has_parameter_privilege(${name}, 'SET')` : "";
  const alsoGranted =
    major >= 15
      ? "union all select pg_catalog.lower(parname), true from pg_catalog.pg_parameter_acl where pg_catalog.has_parameter_privilege(parname, 'SET')"
      : "";
  const alters =
    major >= 16
      ? "me.rolcreaterole and exists (select 1 from pg_catalog.pg_auth_members m where m.roleid = r.oid and m.admin_option and pg_catalog.pg_has_role(m.member, 'usage'))"
      : "me.rolcreaterole";
  return await session.one(`
    select (select coalesce(pg_catalog.jsonb_agg(s), '[]') from (
    select r.rolname::text as role, c.name, c.value,
           me.rolsuper or (
             (exists (select 1 from pg_catalog.pg_settings s where pg_catalog.lower(s.name) = pg_catalog.lower(c.name) and s.context = 'user') ${granted("c.name")})
             and (r.oid is null or r.oid = me.oid or not r.rolsuper and ${alters})) as "isSettable"
      from pg_catalog.pg_database d join pg_catalog.pg_roles me on me.rolname = current_user
      join pg_catalog.pg_db_role_setting s on s.setdatabase = d.oid
      left join pg_catalog.pg_roles r on r.oid = s.setrole
      cross join lateral (select pg_catalog.split_part(x, '=', 1) as name, pg_catalog.substr(x, pg_catalog.strpos(x, '=') + 1) as value
                            from pg_catalog.unnest(s.setconfig) x) c
     where d.datname = pg_catalog.current_database()
    union all
    select null, 'comment', pg_catalog.shobj_description(d.oid, 'pg_database'), true
      from pg_catalog.pg_database d
     where d.datname = pg_catalog.current_database() and pg_catalog.shobj_description(d.oid, 'pg_database') is not null
     order by 1 nulls first, 2) s) as settings,
    (select pg_catalog.jsonb_object_agg(p.name, p.settable) from (
    select pg_catalog.lower(s.name), me.rolsuper or s.context = 'user' ${granted("s.name")}
      from pg_catalog.pg_settings s, pg_catalog.pg_roles me where me.rolname = current_user
    ${alsoGranted}) as p(name, settable)) as parameters`);
}

const here = `(select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())`;
const list = (select: string) => `(select coalesce(pg_catalog.jsonb_agg(x), '[]') from (${select}) as l(x))`;

/** SQL condition: the session is one of a client. pg_stat_activity hides the type of a session from roles without pg_monitor. */
export const isClient = (activity: string) =>
  `${activity}.usesysid is not null and coalesce(${activity}.backend_type, 'client backend') = 'client backend'`;

/** SQL condition: the session belongs to this tool, or to a program that it runs (`pilot-light 3f2a`). */
export const isOwn = (activity: string) =>
  `pg_catalog.starts_with(coalesce(${activity}.application_name, ''), 'pilot-light')`;

// Members of the extension, and parts of members (such as the entries of operator families), do not count.
const dependents = `
  select distinct pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
    from pg_catalog.pg_depend m
    join pg_catalog.pg_depend d on d.refclassid = m.classid and d.refobjid = m.objid and d.deptype = 'n'
   where m.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and m.refobjid = e.oid and m.deptype = 'e'
     and not exists (select 1 from pg_catalog.pg_depend o
           where o.classid = d.classid and o.objid = d.objid and o.deptype = 'e')
     and not exists (select 1 from pg_catalog.pg_depend part
           join pg_catalog.pg_depend o on o.classid = part.refclassid and o.objid = part.refobjid and o.deptype = 'e'
          where part.classid = d.classid and part.objid = d.objid and part.deptype in ('a', 'i'))
   limit 20`;

const factsQuery = `
  select pg_catalog.jsonb_build_object(
    'version', pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1),
    'versionNumber', pg_catalog.current_setting('server_version_num')::int,
    'database', d.datname,
    'oid', d.oid::int8,
    'encoding', pg_catalog.pg_encoding_to_char(d.encoding),
    'bytes', pg_catalog.pg_database_size(d.oid),
    'oldestRelations', ${list(`select c.oid::int8 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.relpersistence <> 't' and ${userSchema} and ${notInExtension("pg_class", "c.oid")}
         order by c.oid limit 100`)},
    'owner', pg_catalog.pg_get_userbyid(d.datdba),
    'role', r.rolname,
    'superuser', r.rolsuper,
    'createdb', r.rolcreatedb or r.rolsuper,
    'owns', pg_catalog.pg_has_role(d.datdba, 'usage'),
    'spareConnections', pg_catalog.jsonb_build_object(
        'database', case when d.datconnlimit >= 0 and not login.rolsuper then d.datconnlimit - (
            select pg_catalog.count(*) from pg_catalog.pg_stat_activity a where a.datid = d.oid and ${isClient("a")}) end,
        'role', case when login.rolconnlimit >= 0 and not login.rolsuper then login.rolconnlimit - (
            select pg_catalog.count(*) from pg_catalog.pg_stat_activity a where a.usesysid = login.oid and ${isClient("a")}) end,
        'server', pg_catalog.current_setting('max_connections')::int
            - case when login.rolsuper then 0 else pg_catalog.current_setting('superuser_reserved_connections')::int
                + coalesce(pg_catalog.current_setting('reserved_connections', true)::int, 0) end
            - (select pg_catalog.count(*) from pg_catalog.pg_stat_activity a where ${isClient("a")})),
    'maySignal', r.rolsuper or pg_catalog.pg_has_role('pg_signal_backend', 'usage'),
    'extensions', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', e.extname, 'version', e.extversion,
        'dependents', array(${dependents})) order by e.extname), '[]') from pg_catalog.pg_extension e),
    'available', ${list("select name from pg_catalog.pg_available_extensions order by name")},
    'trusted', ${list("select distinct name from pg_catalog.pg_available_extension_versions where trusted order by name")},
    'roles', ${list("select rolname from pg_catalog.pg_roles order by 1")},
    'sessions', (select pg_catalog.count(*) from pg_catalog.pg_stat_activity a
        where a.datid = d.oid and a.pid <> pg_catalog.pg_backend_pid() and ${isClient("a")} and not ${isOwn("a")}),
    'foreignSessions', (select pg_catalog.count(*) from pg_catalog.pg_stat_activity a
        where a.datid = d.oid and ${isClient("a")} and not ${isOwn("a")} and not pg_catalog.pg_has_role(a.usesysid, 'usage')),
    'preparedTransactions', (select pg_catalog.count(*) from pg_catalog.pg_prepared_xacts p where p.database = d.datname),
    'subscriptions', ${list(`select subname from pg_catalog.pg_subscription where subdbid = ${here} order by 1`)},
    'logicalSlots', ${list("select slot_name from pg_catalog.pg_replication_slots where database = pg_catalog.current_database() order by 1")},
    'publications', ${list("select pubname from pg_catalog.pg_publication order by 1")},
    'eventTriggers', ${list(`select evtname from pg_catalog.pg_event_trigger t where not exists (select 1 from pg_catalog.pg_depend x
        where x.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass and x.objid = t.oid and x.deptype = 'e') order by 1`)},
    'notDumped', ${list(`
        select pg_catalog.format('table %s of the extension %I', c.oid::pg_catalog.regclass, x.extname)
          from pg_catalog.pg_depend m join pg_catalog.pg_extension x on x.oid = m.refobjid
          join pg_catalog.pg_class c on c.oid = m.objid and c.relkind = 'r'
         where m.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
           and m.deptype = 'e' and not c.oid = any (coalesce(x.extconfig, '{}')) and pg_catalog.pg_relation_size(c.oid) > 0
        union all select pg_catalog.format('password of the user mapping for %I on %I', usename, srvname) from pg_catalog.pg_user_mappings
        union all select distinct 'security labels of ' || provider from pg_catalog.pg_seclabel where objoid >= 16384`)},
    'unreadable', ${list(`
        select pg_catalog.format('%s %I.%I', case c.relkind when 'S' then 'sequence' else 'table' end, n.nspname, c.relname)
          from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'S') and c.relpersistence <> 't' and ${userSchema}
           and (${notInExtension("pg_class", "c.oid")} or exists (
               select 1 from pg_catalog.pg_extension x where c.oid = any (x.extconfig)))
           and not (pg_catalog.has_schema_privilege(n.oid, 'usage') and case c.relkind when 'S'
               then pg_catalog.has_sequence_privilege(c.oid, 'select') else pg_catalog.has_table_privilege(c.oid, 'select') end)
        union all select 'large object ' || l.oid from pg_catalog.pg_largeobject_metadata l
         where not r.rolsuper and not pg_catalog.pg_has_role(l.lomowner, 'usage') and pg_catalog.current_setting('lo_compat_privileges') = 'off'
           and not exists (select 1 from pg_catalog.aclexplode(l.lomacl) g
                where g.privilege_type = 'SELECT' and (g.grantee = 0 or pg_catalog.pg_has_role(g.grantee, 'usage')))
         order by 1`)},
    'privilegedObjects', ${list(`select x from (${privilegedObjectsQuery}) as p(x) order by 1`)},
    'functionSettings', (select coalesce(pg_catalog.jsonb_agg(s), '[]') from (
        select pg_catalog.split_part(c, '=', 1) as parameter, min(p.oid::pg_catalog.regprocedure::text) as function
          from pg_catalog.pg_proc p cross join lateral pg_catalog.unnest(p.proconfig) c
         where p.oid >= 16384 and ${notInExtension("pg_proc", "p.oid")} group by 1 order by 1) s),
    'commentedExtensions', ${list(`select e.extname from pg_catalog.pg_extension e join pg_catalog.pg_available_extensions a on a.name = e.extname
         where pg_catalog.obj_description(e.oid, 'pg_extension') is distinct from a.comment order by 1`)},
    'creatable', ${list(`select distinct v.name from pg_catalog.pg_available_extension_versions v
         where not v.superuser or v.trusted or r.rolsuper or exists (select 1 from pg_catalog.pg_settings where name ~ '^(rds|neon)[.]') order by 1`)},
    'usedCollations', ${list(`select distinct c.collname from pg_catalog.pg_depend u join pg_catalog.pg_collation c on c.oid = u.refobjid
         where u.refclassid = 'pg_catalog.pg_collation'::pg_catalog.regclass and u.objid >= 16384 and c.oid < 16384 order by 1`)},
    'collations', ${list(`select distinct collname from pg_catalog.pg_collation where oid < 16384 and collencoding in (-1, d.encoding) order by 1`)},
    'namedRoles', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('role', u.name, 'by', u.kind)), '[]') from (
        select distinct pg_catalog.pg_get_userbyid(u)::text as name, 'policies' as kind from pg_catalog.pg_policy p, pg_catalog.unnest(p.polroles) u where u <> 0
        union all select distinct usename::text, 'user mappings' from pg_catalog.pg_user_mappings where umuser <> 0
        order by 1, 2) u)
  ) as facts
  from pg_catalog.pg_database d, pg_catalog.pg_roles r, pg_catalog.pg_roles login
  where d.datname = pg_catalog.current_database() and r.rolname = current_user and login.rolname = session_user`;

/**
 * Whether both sessions are in the same database, whatever names and addresses they use. One session takes a lock, and the other one looks for
 * it.
 */
export async function isSameDatabase(source: Session, target: Session): Promise<boolean> {
  const key = randomBytes(8).readBigInt64BE().toString();
  await source.query("select pg_catalog.pg_advisory_lock_shared($1::int8)", [key]);
  try {
    const { seen } = await target.one<{ seen: boolean }>(
      `select exists (select 1 from pg_catalog.pg_locks l
          where l.locktype = 'advisory' and l.database = ${here} and l.objsubid = 1
            and ((l.classid::int8 << 32) | l.objid::int8) = $1::int8) as seen`,
      [key],
    );
    return seen;
  } finally {
    // Nobody waits for the answer: the lock has no meaning for others, and ends with the session at the latest.
    void source.query("select pg_catalog.pg_advisory_unlock_shared($1::int8)", [key]).catch(() => undefined);
  }
}
