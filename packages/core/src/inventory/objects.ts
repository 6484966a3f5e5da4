/**
 * The schema objects of a database as rows of (kind, identity, definition), one query per kind.
 * Every query runs with an empty search_path, so that all names in definitions are qualified. The queries leave out system schemas and
 * the objects of extensions: CREATE EXTENSION creates those, and a dump does not contain them.
 */

/** One schema object. */
export interface SchemaObject {
  kind: string;
  /** Unique within its kind; qualified and quoted by the server. */
  identity: string;
  /** All its properties, as text. */
  definition: string;
}

/**
 * Kinds whose definition is, or ends in, SQL that the server prints. The wording of this SQL may change from one major version to the
 * next, and slightly in a restore.
 */
export const deparsedKinds: ReadonlySet<string> = new Set([
  "view",
  "materialized view",
  "rule",
  "policy",
  "constraint",
  "index",
  "function",
  "trigger",
  "statistics",
  "column",
  "domain",
  "table",
]);

/** Kinds whose definition has properties in its first line, and in the following lines SQL that the server prints. */
export const factKinds: ReadonlySet<string> = new Set(["column", "domain", "policy", "table"]);

/** Condition on `pg_namespace n`: not one of the server's own schemas. */
export const userSchema = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

/** Condition: the object of a system catalog does not belong to an extension. */
export function notInExtension(catalog: string, oid: string): string {
  return `not exists (select 1 from pg_catalog.pg_depend e
    where e.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass and e.objid = ${oid} and e.deptype = 'e')`;
}

/** `schema.name`, each quoted if it needs to be. */
function qualified(schema: string, name: string): string {
  return `pg_catalog.format('%I.%I', ${schema}, ${name})`;
}

const relation = qualified("n.nspname", "c.relname");
const relationFrom = `pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace`;
const relationWhere = `${userSchema} and ${notInExtension("pg_class", "c.oid")}`;
const sortedOptions = `(select pg_catalog.string_agg(o, ',' order by o) from pg_catalog.unnest(c.reloptions) o)`;

const schemas = `
  select 'schema', pg_catalog.format('%I', n.nspname), ''
    from pg_catalog.pg_namespace n
   where ${userSchema} and ${notInExtension("pg_namespace", "n.oid")}`;

const extensions = `
  select 'extension', x.extname::text, n.nspname::text
    from pg_catalog.pg_extension x join pg_catalog.pg_namespace n on n.oid = x.extnamespace`;

const tables = `
  select case c.relkind when 'f' then 'foreign table' else 'table' end, ${relation},
         pg_catalog.jsonb_build_object(
           'persistence', c.relpersistence,
           'partitioned', c.relkind = 'p',
           'partition', c.relispartition,
           'parents', (select pg_catalog.jsonb_agg(i.inhparent::pg_catalog.regclass::text order by i.inhseqno)
                         from pg_catalog.pg_inherits i where i.inhrelid = c.oid),
           'of type', nullif(c.reloftype, 0)::pg_catalog.regtype::text,
           'options', ${sortedOptions},
           'row security', c.relrowsecurity,
           'row security forced', c.relforcerowsecurity,
           'replica identity', c.relreplident)::text
           || pg_catalog.concat(E'\\n', pg_catalog.pg_get_partkeydef(c.oid), E'\\n', pg_catalog.pg_get_expr(c.relpartbound, c.oid))
    from ${relationFrom} where c.relkind in ('r', 'p', 'f') and ${relationWhere}`;

// A restore may create a child's columns in another order; those of a plain table keep their order.
const columns = `
  select 'column', pg_catalog.format('%I.%I.%I', n.nspname, c.relname, a.attname),
         pg_catalog.jsonb_build_object(
           'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
           'not null', a.attnotnull,
           'identity', a.attidentity,
           'generated', a.attgenerated,
           'collation', case when a.attcollation <> t.typcollation then a.attcollation::pg_catalog.regcollation::text end,
           'storage', case when a.attstorage <> t.typstorage then a.attstorage end,
           'options', a.attoptions,
           'position', case when not exists (select 1 from pg_catalog.pg_inherits i where i.inhrelid = c.oid)
             then (select pg_catalog.count(*) from pg_catalog.pg_attribute b
                    where b.attrelid = c.oid and b.attnum > 0 and not b.attisdropped and b.attnum <= a.attnum) end)::text
           || coalesce(E'\\n' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), '')
    from ${relationFrom}
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
   where c.relkind in ('r', 'p', 'f', 'v', 'm', 'c') and ${relationWhere}`;

// From version 18 on NOT NULL is also a separate constraint. It is compared as a property of the column, which all versions have.
const constraints = `
  select 'constraint', pg_catalog.format('%I.%I.%I', n.nspname, c.relname, k.conname),
         pg_catalog.pg_get_constraintdef(k.oid) || case when k.convalidated then '' else ' [not validated]' end
    from pg_catalog.pg_constraint k join ${relationFrom} on c.oid = k.conrelid
   where k.contype <> 'n' and ${relationWhere}`;

// pg_dump leaves out invalid indexes, which a failed CREATE INDEX CONCURRENTLY leaves behind.
const indexes = `
  select 'index', ${relation},
         pg_catalog.pg_get_indexdef(i.indexrelid)
           || case when i.indisclustered then ' [clustered]' else '' end
           || case when i.indisreplident then ' [replica identity]' else '' end
    from pg_catalog.pg_index i join ${relationFrom} on c.oid = i.indexrelid
   where (i.indisvalid or c.relkind = 'I') and ${relationWhere}`;

const sequences = `
  select 'sequence', ${relation},
         pg_catalog.jsonb_build_object('type', pg_catalog.format_type(s.seqtypid, null), 'start', s.seqstart, 'increment', s.seqincrement,
           'min', s.seqmin, 'max', s.seqmax, 'cache', s.seqcache, 'cycle', s.seqcycle, 'persistence', c.relpersistence,
           'owned by', (select pg_catalog.format('%s.%I', d.refobjid::pg_catalog.regclass, a.attname)
                          from pg_catalog.pg_depend d
                          join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                         where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
                           and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype in ('a', 'i')))::text
    from pg_catalog.pg_sequence s join ${relationFrom} on c.oid = s.seqrelid where ${relationWhere}`;

const views = `
  select case c.relkind when 'v' then 'view' else 'materialized view' end, ${relation},
         pg_catalog.concat_ws(' ', pg_catalog.pg_get_viewdef(c.oid), ${sortedOptions},
           case when c.relkind = 'm' and not c.relispopulated then '[not populated]' end)
    from ${relationFrom} where c.relkind in ('v', 'm') and ${relationWhere}`;

const rules = `
  select 'rule', pg_catalog.format('%I.%I.%I', n.nspname, c.relname, r.rulename),
         pg_catalog.pg_get_ruledef(r.oid) || ' ' || r.ev_enabled::text
    from pg_catalog.pg_rewrite r join ${relationFrom} on c.oid = r.ev_class
   where r.rulename <> '_RETURN' and ${relationWhere}`;

// The server creates a partition's copy of its parent's trigger together with the parent's (up to 14 as an internal trigger). The copy
// is a separate object only if it is enabled differently.
const triggers = `
  select 'trigger', pg_catalog.format('%I.%I.%I', n.nspname, c.relname, t.tgname),
         pg_catalog.pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
    from pg_catalog.pg_trigger t join ${relationFrom} on c.oid = t.tgrelid
    left join pg_catalog.pg_trigger p on p.oid = t.tgparentid
   where (t.tgparentid = 0 and not t.tgisinternal or not p.tgisinternal and t.tgenabled <> p.tgenabled) and ${relationWhere}`;

const policies = `
  select 'policy', pg_catalog.format('%I.%I.%I', n.nspname, c.relname, p.polname),
         pg_catalog.jsonb_build_object('permissive', p.polpermissive, 'command', p.polcmd,
           'roles', (select pg_catalog.jsonb_agg(case when r = 0 then 'public' else pg_catalog.pg_get_userbyid(r)::text end order by pg_catalog.pg_get_userbyid(r))
                       from pg_catalog.unnest(p.polroles) r),
           'using', p.polqual is not null, 'check', p.polwithcheck is not null)::text
           || pg_catalog.concat(E'\\n', pg_catalog.pg_get_expr(p.polqual, p.polrelid), E'\\n', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    from pg_catalog.pg_policy p join ${relationFrom} on c.oid = p.polrelid where ${relationWhere}`;

const functions = `
  select 'function', p.oid::pg_catalog.regprocedure::text,
         case p.prokind
           when 'a' then (select pg_catalog.jsonb_build_object('kind', g.aggkind, 'step', g.aggtransfn::text, 'final', g.aggfinalfn::text,
                            'combine', g.aggcombinefn::text, 'state', pg_catalog.format_type(g.aggtranstype, null), 'initial', g.agginitval)::text
                            from pg_catalog.pg_aggregate g where g.aggfnoid = p.oid)
           else pg_catalog.pg_get_functiondef(p.oid) end
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
   where ${userSchema} and ${notInExtension("pg_proc", "p.oid")}`;

const typeFrom = `pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace`;
const typeWhere = `${userSchema} and ${notInExtension("pg_type", "t.oid")}`;
const typeName = qualified("n.nspname", "t.typname");

const enums = `
  select 'enum', ${typeName},
         (select pg_catalog.jsonb_agg(e.enumlabel order by e.enumsortorder)::text from pg_catalog.pg_enum e where e.enumtypid = t.oid)
    from ${typeFrom} where t.typtype = 'e' and ${typeWhere}`;

const domains = `
  select 'domain', ${typeName},
         pg_catalog.jsonb_build_object('base', pg_catalog.format_type(t.typbasetype, t.typtypmod), 'not null', t.typnotnull, 'default', t.typdefault is not null,
           'constraints', (select pg_catalog.jsonb_agg(k.conname order by k.conname)
                             from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype <> 'n'))::text
           || coalesce((select pg_catalog.string_agg(E'\\n' || pg_catalog.pg_get_constraintdef(k.oid), '' order by k.conname)
                          from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype <> 'n'), '')
           || coalesce(E'\\n' || pg_catalog.pg_get_expr(t.typdefaultbin, 0), '')
    from ${typeFrom} where t.typtype = 'd' and ${typeWhere}`;

const ranges = `
  select 'range', ${typeName},
         pg_catalog.jsonb_build_object('subtype', pg_catalog.format_type(r.rngsubtype, null), 'difference', r.rngsubdiff::text,
           'canonical', r.rngcanonical::text)::text
    from pg_catalog.pg_range r join ${typeFrom} on t.oid = r.rngtypid where ${typeWhere}`;

const composites = `
  select 'composite type', ${relation}, ''
    from ${relationFrom} where c.relkind = 'c' and ${relationWhere}`;

const statistics = `
  select 'statistics', ${qualified("n.nspname", "s.stxname")}, pg_catalog.pg_get_statisticsobjdef(s.oid)
    from pg_catalog.pg_statistic_ext s join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
   where ${userSchema} and ${notInExtension("pg_statistic_ext", "s.oid")}`;

/** Rarer objects, compared by name. 16384 is the first OID of user objects (`FirstNormalObjectId`). */
const named = [
  ["pg_collation", "collation"],
  ["pg_operator", "operator"],
  ["pg_opclass", "operator class"],
  ["pg_opfamily", "operator family"],
  ["pg_cast", "cast"],
  ["pg_conversion", "conversion"],
  ["pg_ts_config", "text search configuration"],
  ["pg_ts_dict", "text search dictionary"],
  ["pg_ts_parser", "text search parser"],
  ["pg_ts_template", "text search template"],
  ["pg_foreign_data_wrapper", "foreign-data wrapper"],
  ["pg_foreign_server", "foreign server"],
  ["pg_language", "language"],
  ["pg_transform", "transform"],
  ["pg_am", "access method"],
].map(
  ([catalog, kind]) => `
  select '${kind ?? ""}', (pg_catalog.pg_identify_object('pg_catalog.${catalog ?? ""}'::pg_catalog.regclass, o.oid, 0)).identity, ''
    from pg_catalog.${catalog ?? ""} o where o.oid >= 16384 and ${notInExtension(catalog ?? "", "o.oid")}`,
);

// Left out: comments on extensions, which CREATE EXTENSION creates and only the owner of the extension may change; comments on objects
// below 16384, which are the server's; the comment on the schema public, which a new database has and only its owner may change.
const comments = `
  select 'comment', i.type || ' ' || i.identity, d.description
    from pg_catalog.pg_description d
    cross join lateral pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
   where d.objoid >= 16384 and d.classoid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
     and not exists (select 1 from pg_catalog.pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')
     and i.type not in ('event trigger', 'publication', 'subscription')
     and not (i.type = 'schema' and i.identity = 'public')`;

/** All kinds in one statement, so that it takes one round trip. Columns: kind, identity, definition. */
export const schemaObjectsQuery = `
  select o.kind, o.identity, coalesce(o.definition, '') as definition from (
  ${[
    schemas,
    extensions,
    tables,
    columns,
    constraints,
    indexes,
    sequences,
    views,
    rules,
    triggers,
    policies,
    functions,
    enums,
    domains,
    ranges,
    composites,
    statistics,
    ...named,
    comments,
  ].join("\n  union all\n")}
  ) as o(kind, identity, definition) order by o.kind, o.identity`;
