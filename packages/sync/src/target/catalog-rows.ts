/**
 * The versions of the rows of the catalogs: what another session creates or changes has rows of a new version. Locks on tables do not prevent
 * changes of functions, types, views or servers. A query for their definitions would wait for these locks. A query for
 * the rows does not.
 */
import type { Session } from "@pilot-light/core/postgres/session";

/** Rows of a catalog, by their version. */
export type CatalogRows = ReadonlyMap<string, RowOwner>;

/** The object that a row describes, or belongs to. */
interface RowOwner {
  /** Catalog of the object. */
  class: string;
  oid: string;
}

/** A new version of a row has another place or another transaction. */
const anyVersion = "t.ctid::text, t.xmin::text";

/** REFRESH MATERIALIZED VIEW writes the rows of the view and of its indexes, whose contents follow from other tables. */
const relationVersion = `case when t.relkind in ('m', 'i') then pg_catalog.concat_ws(' ', t.oid, t.relname, t.reloptions, t.relacl)
  else pg_catalog.concat_ws(' ', ${anyVersion}) end`;

/** Catalogs whose rows are parts of objects: the catalog of the objects, and the column with their OIDs. */
const parts = [
  ["pg_attribute", "pg_class", "attrelid"],
  ["pg_attrdef", "pg_class", "adrelid"],
  ["pg_constraint", "pg_class", "conrelid"],
  ["pg_foreign_table", "pg_class", "ftrelid"],
  ["pg_policy", "pg_class", "polrelid"],
  ["pg_rewrite", "pg_class", "ev_class"],
  ["pg_sequence", "pg_class", "seqrelid"],
  ["pg_trigger", "pg_class", "tgrelid"],
  ["pg_constraint", "pg_type", "contypid"],
  ["pg_enum", "pg_type", "enumtypid"],
  ["pg_amop", "pg_opfamily", "amopfamily"],
  ["pg_amproc", "pg_opfamily", "amprocfamily"],
  ["pg_ts_config_map", "pg_ts_config", "mapcfg"],
] as const;

/** Catalogs with a row for each object. */
const objects = [
  "pg_am",
  "pg_cast",
  "pg_collation",
  "pg_conversion",
  "pg_default_acl",
  "pg_extension",
  "pg_foreign_data_wrapper",
  "pg_foreign_server",
  "pg_language",
  "pg_namespace",
  "pg_opclass",
  "pg_operator",
  "pg_opfamily",
  "pg_proc",
  "pg_statistic_ext",
  "pg_transform",
  "pg_ts_config",
  "pg_ts_dict",
  "pg_ts_parser",
  "pg_ts_template",
];

const select = (of: string, oid: string, catalog: string, version: string, where: string) =>
  `select ${of} as class, ${oid}::text as oid, pg_catalog.concat_ws(' ', '${catalog}', ${version}) as version
     from pg_catalog.${catalog} t where ${where}`;

/** 16384 is the first OID of user objects (`FirstNormalObjectId`). The row type of a table and the array of a type are parts of those. */
const query = [
  ...objects.map((catalog) => select(`'${catalog}'`, "t.oid", catalog, anyVersion, "t.oid >= 16384")),
  ...parts.map(([catalog, of, column]) =>
    select(`'${of}'`, `t.${column}`, catalog, anyVersion, `t.${column} >= 16384`),
  ),
  select("'pg_class'", "t.oid", "pg_class", relationVersion, "t.oid >= 16384"),
  select(
    "'pg_type'",
    "t.oid",
    "pg_type",
    anyVersion,
    "t.oid >= 16384 and t.typrelid = 0 and not exists (select from pg_catalog.pg_type e where e.typarray = t.oid)",
  ),
  select(
    "t.classoid::pg_catalog.regclass::text",
    "t.objoid",
    "pg_description",
    anyVersion,
    "t.objoid >= 16384 or t.classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass",
  ),
  // A large object may have any OID.
  select("'pg_largeobject'", "t.oid", "pg_largeobject_metadata", anyVersion, "true"),
  // Only a superuser reads the table of user mappings.
  select(
    "'pg_user_mapping'",
    "t.umid",
    "pg_user_mappings",
    "t.umid, pg_catalog.md5(t.umoptions::text)",
    "true",
  ),
].join("\n  union all ");

/** Reads the rows that all sessions see. Takes no locks on objects. */
export async function readCatalogRows(session: Session): Promise<CatalogRows> {
  const rows = await session.query<RowOwner & { version: string }>(query);
  return new Map(rows.map(({ version, ...owner }) => [version, owner]));
}

/**
 * The objects that have been created or changed since the rows `before` were read, such as `function public.f()`. A temporary object of
 * another session does not count, nor does an object that was dropped.
 */
export async function listChanged(session: Session, before: CatalogRows): Promise<string[]> {
  const rows = await readCatalogRows(session);
  const owners = [...rows].filter(([version]) => !before.has(version)).map(([, owner]) => owner);
  if (owners.length === 0) return [];
  const found = await session.query<{ name: string }>(
    `select distinct i.type || ' ' || i.identity as name
       from pg_catalog.jsonb_to_recordset($1::jsonb) as o(class text, oid oid)
      cross join lateral pg_catalog.pg_identify_object(('pg_catalog.' || o.class)::pg_catalog.regclass, o.oid, 0) i
      where coalesce(i.schema, i.identity) !~ '^pg_(?:temp|toast)_' order by 1`,
    [JSON.stringify(owners)],
  );
  return found.map(({ name }) => name);
}
