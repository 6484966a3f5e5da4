/**
 * Reads what extensions contain beyond the result of their scripts. Configuration tables have rows: a dump contains those that the extension's
 * filter selects. A person may have added objects to an extension: no dump contains them.
 */
import {
  listSequences,
  type Fingerprint,
  type FingerprintReading,
  type SequenceName,
} from "@pilot-light/core/inventory/tables";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";
import { hasExtension, hasSchema, type Chosen } from "./scope.ts";

/** A configuration table or sequence of an extension (`pg_extension_config_dump`). */
export interface ConfigurationRelation {
  extension: string;
  schema: string;
  name: string;
  /** `schema.name`, quoted if needed. */
  identity: string;
  isSequence: boolean;
  /** Such as `where not (srid between 1 and 999)`; empty when all rows are dumped. */
  filter: string;
  columns: readonly string[];
  /** The role may read it. */
  isReadable: boolean;
}

/** All configuration relations of the database's extensions. */
export async function listConfiguration(session: Session): Promise<ConfigurationRelation[]> {
  return await session.query<ConfigurationRelation & Record<string, unknown>>(`
    select x.extname::text as extension, n.nspname::text as schema, c.relname::text as name,
           pg_catalog.format('%I.%I', n.nspname, c.relname) as identity, c.relkind = 'S' as "isSequence",
           coalesce(x.extcondition[p.position], '') as filter,
           pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select') as "isReadable",
           array(select a.attname::text from pg_catalog.pg_attribute a
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                  order by a.attname collate "C") as columns
      from pg_catalog.pg_extension x
      cross join lateral pg_catalog.unnest(x.extconfig) with ordinality as p(oid, position)
      join pg_catalog.pg_class c on c.oid = p.oid and c.relkind in ('r', 'p', 'S')
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     order by x.extname, n.nspname, c.relname`);
}

/** The configuration relations that the role may read, and that a dump of this part of the database contains. */
export async function listReadableConfiguration(
  session: Session,
  chosen?: Chosen,
): Promise<ConfigurationRelation[]> {
  const all = await listConfiguration(session);
  return all.filter(({ extension, isReadable }) => isReadable && hasExtension(chosen, extension));
}

/** The rows of the configuration relations of a database. */
export interface Configuration {
  /** Rows that a dump contains, by the table's identity. */
  rows: ReadonlyMap<string, Fingerprint>;
  /** Rows that the extension's filter leaves out of every dump. */
  leftOut: ReadonlyMap<string, Fingerprint>;
}

/** Reads the rows of configuration tables. */
export async function readConfiguration(
  session: Session,
  relations: readonly ConfigurationRelation[],
  depth: FingerprintReading,
): Promise<Configuration> {
  const rows = new Map<string, Fingerprint>();
  const leftOut = new Map<string, Fingerprint>();
  for (const relation of relations) {
    const { identity, filter, isSequence } = relation;
    if (isSequence) continue;
    const table = ident(relation.schema, relation.name);
    rows.set(identity, await fingerprint(session, relation, `only ${table} ${filter}`, depth));
    if (filter === "") continue;
    const rest = `only ${table} where ctid not in (select ctid from only ${table} ${filter})`;
    leftOut.set(identity, await fingerprint(session, relation, rest, "checksums"));
  }
  return { rows, leftOut };
}

async function fingerprint(
  session: Session,
  { columns }: ConfigurationRelation,
  from: string,
  depth: FingerprintReading,
): Promise<Fingerprint> {
  // The filter may name the table itself, so the query must not give the table another name.
  const names = columns.map((name) => ident(name)).join(", ");
  const { rows, hash } = await session.one<{ rows: string; hash: string }>(
    `select pg_catalog.count(*) as rows,
            coalesce(pg_catalog.sum(pg_catalog.hashtextextended(t.r, 0)::pg_catalog.numeric), 0)::text as hash
       from (select row(${names})::text as r from ${from}) as t`,
  );
  return depth === "counts" ? { rows: Number(rows) } : { rows: Number(rows), hash };
}

/**
 * The sequences that a dump of this part of the database contains: those of the chosen schemas, and those among the configuration relations.
 */
export async function listDumpedSequences(
  session: Session,
  relations: readonly ConfigurationRelation[],
  chosen?: Chosen,
): Promise<SequenceName[]> {
  const counters = relations.filter(({ isSequence }) => isSequence).map(({ identity }) => identity);
  const all = await listSequences(session, counters);
  return all.filter(({ schema, identity }) => hasSchema(chosen, schema) || counters.includes(identity));
}

/** The version of each extension that CREATE EXTENSION installs by default. */
export async function installedVersions(session: Session): Promise<Map<string, string>> {
  const rows = await session.query<{ name: string; version: string }>(
    "select name::text, default_version as version from pg_catalog.pg_available_extensions",
  );
  return new Map(rows.map(({ name, version }) => [name, version]));
}

/** What a person has added to an extension of the source. */
export interface ExtensionAdditions {
  extension: string;
  /**
   * Members that the extension's script did not create, such as `table public.q_full`, and objects that somebody created on its tables,
   * such as `index public.q_full_idx`.
   */
  objects: readonly string[];
  /** Tables whose rows that a dump leaves out were inserted or changed after the extension was created, with their number. */
  changedRows: Readonly<Record<string, number>>;
}

/**
 * Finds what a person has added to extensions. The catalogs do not record it, but the transactions of their rows show it: CREATE EXTENSION
 * creates all members in one transaction, and ALTER EXTENSION ... UPDATE creates further members in another. After an upgrade of the server
 * with pg_upgrade, each member has its own transaction. Then only a member that is older than its membership counts.
 */
export async function readAdditions(
  session: Session,
  relations: readonly ConfigurationRelation[],
): Promise<ExtensionAdditions[]> {
  const found = await session.query<{ extension: string; objects: string[]; created: string }>(
    additionsQuery,
  );
  const result: ExtensionAdditions[] = [];
  for (const { extension, objects, created } of found) {
    const changedRows: Record<string, number> = {};
    for (const { schema, name, identity, filter, isSequence, extension: owner } of relations) {
      if (owner !== extension || isSequence || filter === "") continue;
      const table = ident(schema, name);
      const { rows } = await session.one<{ rows: string }>(
        `select pg_catalog.count(*) as rows from only ${table} where xmin::text <> all (pg_catalog.string_to_array($1, ','))
            and ctid not in (select ctid from only ${table} ${filter})`,
        [created],
      );
      if (Number(rows) > 0) changedRows[identity] = Number(rows);
    }
    if (objects.length > 0 || Object.keys(changedRows).length > 0) {
      result.push({ extension, objects, changedRows });
    }
  }
  return result;
}

const additionsQuery = `
  with extensions as (
    select x.oid, x.extname, x.xmin as updated,
           (select d.xmin from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.objid = x.oid
               and d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass limit 1) as created
      from pg_catalog.pg_extension x where x.oid >= 16384),
  members as (
    select x.oid as extension, d.classid, d.objid, d.xmin as joined,
           d.xmin = x.created or d.xmin = x.updated as by_script,
           exists (select 1 from pg_catalog.pg_depend o
                    where o.classid = d.classid and o.objid = d.objid and o.deptype <> 'e' and o.xmin = d.xmin) as made_then,
           d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass as is_relation
      from extensions x join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
       and d.refobjid = x.oid and d.deptype = 'e'),
  known as (
    select x.*, x.created = x.updated and exists (select 1 from members m where m.extension = x.oid and m.joined = x.created) as is_known
      from extensions x),
  added as (
    select m.extension, m.classid, m.objid
      from members m join known k on k.oid = m.extension
     where not m.by_script and (not m.made_then or k.is_known and m.is_relation)
       and exists (select 1 from pg_catalog.pg_depend o where o.classid = m.classid and o.objid = m.objid and o.deptype <> 'e')
    union
    select m.extension, d.classid, d.objid
      from members m join known k on k.oid = m.extension and k.is_known
      join pg_catalog.pg_depend d on d.refclassid = m.classid and d.refobjid = m.objid and d.deptype = 'a' and d.xmin <> m.joined
      left join pg_catalog.pg_class c on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = d.objid
      left join pg_catalog.pg_trigger t on d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and t.oid = d.objid
     where m.is_relation and m.by_script
       and (c.relkind = 'i' or not t.tgisinternal
         or d.classid in ('pg_catalog.pg_policy'::pg_catalog.regclass, 'pg_catalog.pg_rewrite'::pg_catalog.regclass,
                          'pg_catalog.pg_constraint'::pg_catalog.regclass)))
  select k.extname::text as extension, pg_catalog.concat_ws(',', k.created::text, k.updated::text) as created,
         array(select o.type || ' ' || o.identity from added a cross join lateral pg_catalog.pg_identify_object(a.classid, a.objid, 0) o
                where a.extension = k.oid order by 1) as objects
    from known k order by 1`;
