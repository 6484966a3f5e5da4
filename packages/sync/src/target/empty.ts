/**
 * Empties a database inside a transaction: drops every object that the catalogs list and that a new database would not have. It keeps the
 * extensions of the platform, which the role may not drop, with their schemas and members. It also keeps the schema public, with its privileges
 * and comment.
 */
import { notInExtension, userSchema } from "@pilot-light/core/inventory/objects";
import type { Session } from "@pilot-light/core/postgres/session";
import { notEmptied } from "../errors.ts";

/** An object to drop, together with its parts. */
interface Droppable extends Record<string, unknown> {
  /** Its kind in DROP: `table`. */
  kind: string;
  /** Its name in DROP: `public.projects`. */
  identity: string;
  owner: string;
  /** Whether the role of the session may drop it. */
  mayDrop: boolean;
}

/** SQL condition: the extension `x` belongs to the platform. Every new database has PL/pgSQL. */
export const isPlatform = `(x.extname = 'plpgsql' or not pg_catalog.pg_has_role(x.extowner, 'usage'))`;

/** SQL condition: the schema `n` is kept. */
const stays = `(n.nspname = 'public' or exists (select 1 from pg_catalog.pg_extension x
  where x.extnamespace = n.oid and ${isPlatform}) or not (${notInExtension("pg_namespace", "n.oid")}))`;

/**
 * SQL condition: the role may lock the table `c` against changes. The owner of a schema may drop a table of another role in it, but needs one of these
 * privileges to keep others from writing to it until then.
 */
export const isLockable = (c: string) =>
  `(pg_catalog.pg_has_role(${c}.relowner, 'usage') or pg_catalog.has_table_privilege(${c}.oid, 'update, delete, truncate'))`;

const schemas = `
  select 'schema' as kind, pg_catalog.quote_ident(n.nspname) as identity, pg_catalog.pg_get_userbyid(n.nspowner) as owner,
         pg_catalog.pg_has_role(n.nspowner, 'usage') as "mayDrop"
    from pg_catalog.pg_namespace n where ${userSchema} and not ${stays} order by 2`;

const extensions = `
  select 'extension' as kind, pg_catalog.quote_ident(x.extname) as identity, pg_catalog.pg_get_userbyid(x.extowner) as owner, true as "mayDrop"
    from pg_catalog.pg_extension x where not ${isPlatform} order by 2`;

/** Objects in schemas: catalog, prefix of its columns, and a condition that excludes parts of other objects. */
const inSchemas = [
  // DROP TABLE also drops the indexes, constraints, triggers, policies and rules of a table.
  ["pg_class", "rel", "o.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and not o.relispartition"],
  // The row types of tables, array types and multirange types are parts of others.
  [
    "pg_type",
    "typ",
    `(o.typrelid = 0 or (select relkind from pg_catalog.pg_class where oid = o.typrelid) = 'c') and o.typtype <> 'm'
     and not exists (select 1 from pg_catalog.pg_type element where element.typarray = o.oid)`,
  ],
  ["pg_proc", "pro", "true"],
  ["pg_operator", "opr", "true"],
  ["pg_opclass", "opc", "true"],
  ["pg_opfamily", "opf", "true"],
  ["pg_collation", "coll", "true"],
  ["pg_conversion", "con", "true"],
  ["pg_statistic_ext", "stx", "true"],
  ["pg_ts_config", "cfg", "true"],
  ["pg_ts_dict", "dict", "true"],
] as const;

/** Objects in no schema. */
const elsewhere = [
  ["pg_cast", "(select typowner from pg_catalog.pg_type where oid = o.castsource)"],
  ["pg_foreign_server", "o.srvowner"],
  ["pg_foreign_data_wrapper", "o.fdwowner"],
  ["pg_language", "o.lanowner"],
] as const;

/** Objects that only a superuser can create: parsers and templates of text search, access methods, transforms. */
const ofSuperusers = [
  ["pg_ts_parser", "10"],
  ["pg_ts_template", "10"],
  ["pg_am", "10"],
  ["pg_transform", "10"],
] as const;

/** The kind in DROP. For some kinds, `pg_identify_object` returns another word. */
const keyword = `case i.type when 'statistics object' then 'statistics' when 'foreign-data wrapper' then 'foreign data wrapper' else i.type end`;

const branch = (catalog: string, owner: string, from: string, where: string, mayDrop: string) => `
  select ${keyword} as kind, i.identity, pg_catalog.pg_get_userbyid(${owner}) as owner, ${mayDrop} as "mayDrop"
    from ${from} cross join lateral pg_catalog.pg_identify_object('pg_catalog.${catalog}'::pg_catalog.regclass, o.oid, 0) i
   where o.oid >= 16384 and ${where} and ${notInExtension(catalog, "o.oid")}
     and not exists (select 1 from pg_catalog.pg_depend part
           where part.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass and part.objid = o.oid and part.deptype = 'i')`;

const role = (owner: string) => `pg_catalog.pg_has_role(${owner}, 'usage')`;

const objects = [
  ...inSchemas.map(([catalog, prefix, where]) => {
    const schema = catalog === "pg_class" ? "relnamespace" : `${prefix}namespace`;
    const owner = catalog === "pg_statistic_ext" ? "stxowner" : `${prefix}owner`;
    return branch(
      catalog,
      `o.${owner}`,
      `pg_catalog.${catalog} o join pg_catalog.pg_namespace n on n.oid = o.${schema}`,
      `${userSchema} and ${stays} and ${where}`,
      `(${role(`o.${owner}`)} or ${role("n.nspowner")})`,
    );
  }),
  ...[...elsewhere, ...ofSuperusers].map(([catalog, owner]) =>
    branch(catalog, owner, `pg_catalog.${catalog} o`, "true", role(owner)),
  ),
].join("\n  union all");

const largeObjects = `
  select 'large object' as kind, l.oid::text as identity, pg_catalog.pg_get_userbyid(l.lomowner) as owner, ${role("l.lomowner")} as "mayDrop"
    from pg_catalog.pg_largeobject_metadata l`;

/** A table that is dropped with its schema. The lock of a partitioned table includes its partitions. */
const unlockable = `
  select 'table' as kind, pg_catalog.format('%I.%I', n.nspname, c.relname) as identity, pg_catalog.pg_get_userbyid(c.relowner) as owner, false as "mayDrop"
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p') and not c.relispartition and ${userSchema} and ${notInExtension("pg_class", "c.oid")} and not ${isLockable("c")}`;

/**
 * Objects that `emptyDatabase` would drop, but that the role may not drop, or may not lock before: `table public.t`, with their owners. Changes
 * nothing.
 */
export async function listUndroppable(session: Session): Promise<{ name: string; owner: string }[]> {
  return await session.query<{ name: string; owner: string }>(
    `select distinct kind || ' ' || identity as name, owner from (
       select * from (${schemas}) s union all select * from (${objects}) o union all ${largeObjects} union all ${unlockable}) as all_of
      where not "mayDrop" order by 1`,
  );
}

/** How many statements are sent together. */
const batchSize = 100;

/**
 * Empties the session's database.
 * @throws OpsError NOT_EMPTIED (target); the error of the query if the server refuses to drop an object
 */
export async function emptyDatabase(session: Session): Promise<void> {
  const before = await readStaying(session);
  for (const list of [schemas, extensions, objects]) {
    const found = await session.query<Droppable>(list);
    // CASCADE may have dropped an object already, so IF EXISTS ignores it.
    await runInBatches(
      session,
      found.map(({ kind, identity }) => `drop ${kind} if exists ${identity} cascade`),
    );
  }
  await session.query("select pg_catalog.lo_unlink(oid) from pg_catalog.pg_largeobject_metadata");
  const [left, after] = [await session.query<Droppable>(objects), await readStaying(session)];
  const lost = before.filter((name) => !after.includes(name));
  if (left.length > 0 || lost.length > 0) {
    throw notEmptied({ left: left.map(({ kind, identity }) => `${kind} ${identity}`), lost });
  }
}

async function runInBatches(session: Session, statements: readonly string[]): Promise<void> {
  for (let start = 0; start < statements.length; start += batchSize) {
    await session.script(statements.slice(start, start + batchSize).join(";\n"));
  }
}

/** Objects that must be kept: no statement names them, and CASCADE must not reach them. */
async function readStaying(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(`
    select 'extension ' || x.extname as name from pg_catalog.pg_extension x where ${isPlatform}
    union all select 'event trigger ' || evtname from pg_catalog.pg_event_trigger
    union all select 'publication ' || pubname from pg_catalog.pg_publication
    union all select 'schema ' || n.nspname from pg_catalog.pg_namespace n where ${userSchema} and ${stays}`);
  return rows.map(({ name }) => name);
}
