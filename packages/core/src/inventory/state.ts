/**
 * Properties that no dump contains, but that a restored database must have: usable indexes, enforced foreign keys, the versions and members
 * of extensions, populated materialized views, comments on large objects.
 */
import type { Session } from "../postgres/session.ts";
import type { ArchiveEntry } from "./archive.ts";
import type { Difference } from "./compare.ts";
import { userSchema } from "./objects.ts";

/** An installed extension. */
export interface ExtensionState {
  version: string;
  schema: string;
  /** Such as `function public.q_pop()`. */
  members: readonly string[];
}

/** State of one database. */
export interface DatabaseState {
  /** Whether the schema public exists. */
  hasPublic: boolean;
  extensions: Readonly<Record<string, ExtensionState>>;
  /** Indexes that queries do not use or that are empty, each with the reason. */
  brokenIndexes: Readonly<Record<string, string>>;
  /** Foreign keys that are not enforced on the table, because their internal triggers are disabled. */
  unenforced: readonly string[];
  /** Materialized views that hold rows. */
  populated: readonly string[];
  /** Comments on large objects by OID. */
  largeObjectComments: Readonly<Record<string, string>>;
  /**
   * The columns of inheriting tables whose row type other columns use. A value of such a type is a list without names, and a restore may
   * create the columns of an inheriting table in another order. Absent in manifests of earlier versions.
   */
  rowTypes?: Readonly<Record<string, string>>;
}

const object = (key: string, value: string, rest: string) =>
  `(select coalesce(pg_catalog.jsonb_object_agg(${key}, ${value}), '{}') ${rest})`;
const list = (value: string, rest: string) =>
  `(select coalesce(pg_catalog.jsonb_agg(distinct ${value}), '[]') ${rest})`;
const name = "pg_catalog.format('%I.%I', n.nspname, c.relname)";
const relations = "pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace";

// The file of an index has at least one page, even if the table is empty. An index of a partitioned table has no file.
const brokenIndexes = object(
  name,
  `pg_catalog.concat_ws(', ', case when not i.indisvalid then 'not valid' end, case when not i.indisready then 'not ready' end,
     case when not i.indislive then 'being dropped' end,
     case when c.relkind = 'i' and pg_catalog.pg_relation_size(c.oid) = 0 then 'empty file' end)`,
  `from pg_catalog.pg_index i join ${relations} on c.oid = i.indexrelid
   where ${userSchema} and not (i.indisvalid and i.indisready and i.indislive
     and (c.relkind = 'I' or pg_catalog.pg_relation_size(c.oid) > 0))`,
);

const members = `(select coalesce(pg_catalog.jsonb_agg(o.type || ' ' || o.identity order by o.type, o.identity collate "C"), '[]')
  from pg_catalog.pg_depend d cross join lateral pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) o
 where d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.refobjid = x.oid and d.deptype = 'e')`;

/** OIDs of the types that columns, domains and ranges use. */
const usedTypes =
  "select atttypid from pg_catalog.pg_attribute union select typbasetype from pg_catalog.pg_type union select rngsubtype from pg_catalog.pg_range";

const stateQuery = `
  select pg_catalog.jsonb_build_object(
    'hasPublic', exists (select 1 from pg_catalog.pg_namespace where nspname = 'public'),
    'extensions', ${object(
      "x.extname",
      `pg_catalog.jsonb_build_object('version', x.extversion, 'schema', n.nspname, 'members', ${members})`,
      "from pg_catalog.pg_extension x join pg_catalog.pg_namespace n on n.oid = x.extnamespace",
    )},
    'brokenIndexes', ${brokenIndexes},
    'unenforced', ${list(
      "pg_catalog.format('%I on %s', k.conname, t.tgrelid::pg_catalog.regclass)",
      `from pg_catalog.pg_trigger t join pg_catalog.pg_constraint k on k.oid = t.tgconstraint and k.contype = 'f'
        where t.tgisinternal and t.tgenabled <> 'O'`,
    )},
    'populated', ${list("n.nspname || '.' || c.relname", `from ${relations} where c.relkind = 'm' and c.relispopulated and ${userSchema}`)},
    'largeObjectComments', ${object(
      "d.objoid::text",
      "d.description",
      "from pg_catalog.pg_description d where d.classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass",
    )},
    'rowTypes', ${object(
      name,
      `(select pg_catalog.string_agg(pg_catalog.format('%I', a.attname), ', ' order by a.attnum)
          from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)`,
      `from ${relations} join pg_catalog.pg_type t on t.oid = c.reltype
        where c.relkind in ('r', 'f') and not c.relispartition and c.oid in (select inhrelid from pg_catalog.pg_inherits)
          and (t.oid in (${usedTypes}) or t.typarray in (${usedTypes})) and ${userSchema}`,
    )}
  ) as state`;

/** Reads the state. Changes nothing. */
export async function readState(session: Session): Promise<DatabaseState> {
  const { state } = await session.one<{ state: DatabaseState }>(stateQuery);
  return state;
}

export interface StateOptions {
  /** Extensions that the restore left out on purpose. */
  skippedExtensions: readonly string[];
  /** Version that CREATE EXTENSION installs on the target, by extension. */
  installedVersions: ReadonlyMap<string, string>;
  /** Materialized views that the dump refreshes, as `schema.name`. */
  refreshed: ReadonlySet<string>;
}

/** `schema.name` of the materialized views that a restore of the dump fills. */
export function refreshedViews(entries: readonly ArchiveEntry[]): Set<string> {
  const refreshing = entries.filter(({ type }) => type === "MATERIALIZED VIEW DATA");
  return new Set(refreshing.map(({ schema, tag }) => `${schema ?? ""}.${tag}`));
}

/** Kind of a difference in `rowTypes`. */
export const rowTypeKind = "order of columns of the row type";

/** Differences between the state of the dumped database and that of the restored one. */
export function compareStates(
  expected: DatabaseState,
  actual: DatabaseState,
  { skippedExtensions, installedVersions, refreshed }: StateOptions,
): Difference[] {
  const differences: Difference[] = [];
  const differs = (kind: string, identity: string, wanted: string, found: string) => {
    if (wanted === found) return;
    const problem = found === "" ? "missing" : wanted === "" ? "unexpected" : "different";
    const values = problem === "different" ? { expected: wanted, actual: found } : {};
    differences.push({ kind, identity, problem, ...values });
  };
  differs("schema", "public", expected.hasPublic ? "present" : "", actual.hasPublic ? "present" : "");
  for (const extension of keys(expected.extensions, actual.extensions)) {
    const [wanted, found] = [expected.extensions[extension], actual.extensions[extension]];
    if (skippedExtensions.includes(extension)) continue;
    // Databases are created with PL/pgSQL, which the source may have dropped.
    if (wanted === undefined && extension === "plpgsql") continue;
    const version = installedVersions.get(extension) ?? wanted?.version ?? "";
    differs(
      "extension",
      extension,
      wanted === undefined ? "" : `version ${version} in schema ${wanted.schema}`,
      found === undefined ? "" : `version ${found.version} in schema ${found.schema}`,
    );
  }
  for (const index of keys(expected.brokenIndexes, actual.brokenIndexes)) {
    // The index of a partitioned table is invalid while a partition lacks the index. This is the same on both sides.
    const found = actual.brokenIndexes[index];
    if (found === undefined || found === expected.brokenIndexes[index]) continue;
    differs("index", index, "a valid index", found);
  }
  for (const key of actual.unenforced) differs("foreign key constraint", key, "enforced", "not enforced");
  for (const view of new Set([...refreshed, ...actual.populated])) {
    const describe = (populated: boolean) => (populated ? "populated" : "not populated");
    differs(
      "materialized view",
      view,
      describe(refreshed.has(view)),
      describe(actual.populated.includes(view)),
    );
  }
  for (const [table, columns] of Object.entries(expected.rowTypes ?? {})) {
    differs(rowTypeKind, table, columns, actual.rowTypes?.[table] ?? columns);
  }
  for (const oid of keys(expected.largeObjectComments, actual.largeObjectComments)) {
    const [wanted, found] = [expected.largeObjectComments[oid], actual.largeObjectComments[oid]];
    differs("comment", `large object ${oid}`, wanted ?? "", found ?? "");
  }
  return differences;
}

/**
 * Members of extensions that the dumped database has and the restored one lacks, although both have the same version: a person
 * added them, or the two servers offer different builds.
 */
export function missingMembers(
  expected: DatabaseState,
  actual: DatabaseState,
): { extension: string; member: string }[] {
  return Object.entries(expected.extensions).flatMap(([extension, { version, members: all }]) => {
    const found = actual.extensions[extension];
    if (found?.version !== version) return [];
    const have = new Set(found.members);
    return all.filter((member) => !have.has(member)).map((member) => ({ extension, member }));
  });
}

function keys(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): Set<string> {
  return new Set([...Object.keys(a), ...Object.keys(b)]);
}
