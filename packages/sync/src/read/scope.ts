/**
 * The part of a database that `--schema` chooses: the objects of some schemas, and the extensions that they need. pg_dump leaves out everything
 * else, also objects in no schema. The catalogs show which of the chosen objects cannot exist without the rest.
 */
import { userSchema, type SchemaObject } from "@pilot-light/core/inventory/objects";
import type { DatabaseState } from "@pilot-light/core/inventory/state";
import type { DataTable } from "@pilot-light/core/inventory/tables";
import type { Session } from "@pilot-light/core/postgres/session";
import type { DatabaseFacts } from "./database-facts.ts";
import { parsePattern } from "./patterns.ts";

/** A pattern of `--schema`, and the schemas that it matches. */
export interface MatchedSchemas {
  pattern: string;
  /** Names, without quotes. */
  schemas: readonly string[];
}

/** A chosen object that cannot exist without an object that is left out. */
export interface BrokenLink {
  /** Such as `view app.totals`. */
  object: string;
  /** Such as `table shop.orders`. */
  needs: string;
  /** The schema of the needed object, without quotes; null if it is in no schema. */
  schema: string | null;
}

/** What is copied. */
export interface Chosen {
  /** All that the patterns match. */
  schemas: ReadonlySet<string>;
  /** Extensions that are copied: an object needs them, or they have something in a chosen schema. */
  extensions: ReadonlySet<string>;
}

export interface Scope extends Chosen {
  patterns: readonly MatchedSchemas[];
  /** The other schemas of the database, without those of the server. */
  leftOut: readonly string[];
  broken: readonly BrokenLink[];
  /** Roles that policies of the chosen tables name. */
  policyRoles: readonly string[];
  /** Collations of the server that chosen objects use. */
  collations: readonly string[];
}

/** Reads which part of the database the patterns choose. */
export async function readScope(session: Session, patterns: readonly string[]): Promise<Scope> {
  const found = await matchSchemas(session, patterns);
  const schemas = new Set(found.flatMap((each) => each.schemas));
  const all = await session.query<{ name: string }>(matching, [".*"]);
  const { read } = await session.one<{ read: Links }>(linksQuery, [[...schemas]]);
  return {
    patterns: found,
    schemas,
    leftOut: all.map(({ name }) => name).filter((name) => !schemas.has(name)),
    extensions: new Set(read.extensions),
    broken: read.broken,
    policyRoles: read.policyRoles,
    collations: read.collations,
  };
}

/** The schemas that each pattern matches. */
export async function matchSchemas(session: Session, patterns: readonly string[]): Promise<MatchedSchemas[]> {
  const found: MatchedSchemas[] = [];
  for (const pattern of patterns) {
    const parsed = parsePattern(pattern);
    // A pattern with a dot names a database as well.
    const rows =
      parsed === undefined || parsed.schema !== undefined
        ? []
        : await session.query<{ name: string }>(matching, [parsed.name]);
    found.push({ pattern, schemas: rows.map(({ name }) => name) });
  }
  return found;
}

interface Links {
  extensions: string[];
  broken: BrokenLink[];
  policyRoles: string[];
  collations: string[];
}

const matching = `
  select n.nspname::text as name from pg_catalog.pg_namespace n
   where ${userSchema} and n.nspname operator(pg_catalog.~) $1 collate pg_catalog."default" order by 1`;

const oidOf = (catalog: string) => `'pg_catalog.${catalog}'::pg_catalog.regclass`;

/** Catalogs of objects that are in a schema, with the column that names it. */
const inSchemas = {
  pg_class: "relnamespace",
  pg_type: "typnamespace",
  pg_proc: "pronamespace",
  pg_operator: "oprnamespace",
  pg_opclass: "opcnamespace",
  pg_opfamily: "opfnamespace",
  pg_collation: "collnamespace",
  pg_conversion: "connamespace",
  pg_ts_config: "cfgnamespace",
  pg_ts_dict: "dictnamespace",
  pg_ts_parser: "prsnamespace",
  pg_ts_template: "tmplnamespace",
  pg_statistic_ext: "stxnamespace",
} as const;

/**
 * Catalogs of parts of objects, with the catalog and the column of the object to which they belong. Internal triggers and the constraints of
 * partitions are excluded: the server creates them together with a foreign key or with the constraint of the parent.
 */
const parts = [
  ["pg_attrdef", "pg_class", "adrelid", "true"],
  ["pg_trigger", "pg_class", "tgrelid", "not o.tgisinternal"],
  ["pg_rewrite", "pg_class", "ev_class", "true"],
  ["pg_policy", "pg_class", "polrelid", "true"],
  ["pg_constraint", "pg_class", "conrelid", "o.conparentid = 0"],
  ["pg_constraint", "pg_type", "contypid", "true"],
  ["pg_amop", "pg_opfamily", "amopfamily", "true"],
  ["pg_amproc", "pg_opfamily", "amprocfamily", "true"],
] as const;

const placed = [
  ...Object.entries(inSchemas).map(
    ([catalog, column]) =>
      `select ${oidOf(catalog)}::oid as classid, o.oid as objid, o.${column} as namespace from pg_catalog.${catalog} o`,
  ),
  ...parts.map(
    ([catalog, whole, column, condition]) =>
      `select ${oidOf(catalog)}::oid, o.oid, w.${inSchemas[whole]} from pg_catalog.${catalog} o join pg_catalog.${whole} w on w.oid = o.${column} where ${condition}`,
  ),
].join("\n    union all ");

// A member of an extension is an object of its script; an array type or a row type belongs to its own type or table.
const linksQuery = `
  with recursive
  chosen as materialized (select n.oid, n.nspname from pg_catalog.pg_namespace n where n.nspname::text = any ($1::text[])),
  placed as materialized (${placed}),
  members as (
    select d.classid, d.objid, d.refobjid as extension from pg_catalog.pg_depend d
     where d.refclassid = ${oidOf("pg_extension")} and d.deptype = 'e'
    union
    select d.classid, d.objid, m.extension from members m
      join pg_catalog.pg_depend d on d.refclassid = m.classid and d.refobjid = m.objid and d.deptype = 'i'),
  links as materialized (
    select d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid
      from pg_catalog.pg_depend d join placed p on p.classid = d.classid and p.objid = d.objid
     where p.namespace in (select oid from chosen) and d.deptype <> 'e'
       and not exists (select 1 from members m where m.classid = d.classid and m.objid = d.objid)),
  extensions as (
    select m.extension as oid from links l join members m on m.classid = l.refclassid and m.objid = l.refobjid
    union select l.refobjid from links l where l.refclassid = ${oidOf("pg_extension")}
    union select x.oid from pg_catalog.pg_extension x where x.extnamespace in (select oid from chosen)
    union select m.extension from members m join placed p on p.classid = m.classid and p.objid = m.objid
           where p.namespace in (select oid from chosen)
    union select m.extension from members m where m.classid = ${oidOf("pg_namespace")} and m.objid in (select oid from chosen)),
  needed as (
    select oid from extensions
    union select d.refobjid from needed x join pg_catalog.pg_depend d
       on d.classid = ${oidOf("pg_extension")} and d.objid = x.oid and d.refclassid = ${oidOf("pg_extension")}),
  broken(object, needs, namespace) as (
    select case when l.classid = ${oidOf("pg_rewrite")}
             then (select case r.rulename when '_RETURN' then pg_catalog.pg_describe_object(${oidOf("pg_class")}, r.ev_class, 0)
                            else pg_catalog.pg_describe_object(l.classid, l.objid, 0) end from pg_catalog.pg_rewrite r where r.oid = l.objid)
             else pg_catalog.pg_describe_object(l.classid, l.objid, l.objsubid) end,
           pg_catalog.pg_describe_object(l.refclassid, l.refobjid, 0), p.namespace
      from links l left join placed p on p.classid = l.refclassid and p.objid = l.refobjid
      left join pg_catalog.pg_namespace n on n.oid = p.namespace
      left join pg_catalog.pg_class c on l.refclassid = ${oidOf("pg_class")} and c.oid = l.refobjid
     where l.refobjid >= 16384 and l.refclassid not in (${oidOf("pg_namespace")}, ${oidOf("pg_extension")})
       and case when n.oid is null then l.refclassid in (${["pg_language", "pg_am", "pg_foreign_server", "pg_foreign_data_wrapper", "pg_cast", "pg_transform"].map(oidOf).join(", ")})
                else ${userSchema} and n.oid not in (select oid from chosen) and coalesce(c.relkind, 'r') not in ('i', 'I', 't') end
       and not exists (select 1 from members m where m.classid = l.refclassid and m.objid = l.refobjid)
    union
    select pg_catalog.pg_describe_object(${oidOf("pg_class")}, t.oid, 0), pg_catalog.pg_describe_object(${oidOf("pg_class")}, s.oid, 0), s.relnamespace
      from pg_catalog.pg_inherits i join pg_catalog.pg_class s on s.oid = i.inhrelid join pg_catalog.pg_class t on t.oid = i.inhparent
     where s.relkind in ('r', 'p', 'f') and t.relnamespace in (select oid from chosen) and s.relnamespace not in (select oid from chosen)
    union
    select 'extension ' || x.extname, 'schema ' || n.nspname, n.oid
      from needed e join pg_catalog.pg_extension x on x.oid = e.oid join pg_catalog.pg_namespace n on n.oid = x.extnamespace
     where ${userSchema} and n.nspname <> 'public' and n.oid not in (select oid from chosen)
       and not exists (select 1 from members m where m.classid = ${oidOf("pg_namespace")} and m.objid = n.oid and m.extension in (select oid from needed)))
  select pg_catalog.jsonb_build_object(
    'extensions', array(select x.extname from needed e join pg_catalog.pg_extension x on x.oid = e.oid order by 1),
    'broken', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('object', b.object, 'needs', b.needs, 'schema', n.nspname)
                 order by b.object, b.needs), '[]') from broken b left join pg_catalog.pg_namespace n on n.oid = b.namespace),
    'collations', array(select distinct c.collname from links l join pg_catalog.pg_collation c on c.oid = l.refobjid
       where l.refclassid = ${oidOf("pg_collation")} and c.oid < 16384 order by 1),
    'policyRoles', array(select distinct pg_catalog.pg_get_userbyid(r) from pg_catalog.pg_policy p
        join pg_catalog.pg_class c on c.oid = p.polrelid cross join lateral pg_catalog.unnest(p.polroles) r
       where r <> 0 and c.relnamespace in (select oid from chosen) order by 1)) as read`;

/** The facts about one side, limited to the scope. */
export function within<
  S extends { facts: DatabaseFacts; tables: readonly DataTable[]; objects: readonly SchemaObject[] },
>(side: S, scope: Scope | undefined): S {
  if (scope === undefined) return side;
  const { facts } = side;
  const tables = tablesWithin(side.tables, scope);
  const isInside = (text: string) => scope.schemas.has(schemaIn(text) ?? "");
  const isCopied = (extension: string) => scope.extensions.has(extension);
  return {
    ...side,
    tables,
    objects: objectsWithin(side.objects, scope),
    facts: {
      ...facts,
      bytes: tables.reduce((sum, { bytes }) => sum + bytes, 0),
      extensions: facts.extensions.filter(({ name }) => isCopied(name)),
      commentedExtensions: facts.commentedExtensions.filter(isCopied),
      unreadable: facts.unreadable.filter(isInside),
      privilegedObjects: facts.privilegedObjects.filter(
        (text) => isInside(text) && !text.startsWith("cast "),
      ),
      functionSettings: facts.functionSettings.filter((setting) => isInside(setting.function)),
      usedCollations: scope.collations,
      namedRoles: scope.policyRoles.map((role) => ({ role, by: "policies" })),
    },
  };
}

/** Whether a schema is copied. Without `--schema`, all are. */
export function hasSchema(scope: Chosen | undefined, schema: string): boolean {
  return scope === undefined || scope.schemas.has(schema);
}

/** Whether an extension is copied, as far as the filters decide. */
export function hasExtension(scope: Chosen | undefined, extension: string): boolean {
  return scope === undefined || scope.extensions.has(extension);
}

/** The tables or sequences of the scope. */
export function tablesWithin<T extends { schema: string }>(
  tables: readonly T[],
  scope: Chosen | undefined,
): readonly T[] {
  return tables.filter(({ schema }) => hasSchema(scope, schema));
}

/** Kinds of objects that are in no schema. pg_dump leaves them out. */
const withoutSchema: ReadonlySet<string> = new Set([
  "access method",
  "cast",
  "foreign server",
  "foreign-data wrapper",
  "language",
  "transform",
]);

export function objectsWithin(
  objects: readonly SchemaObject[],
  scope: Chosen | undefined,
): readonly SchemaObject[] {
  if (scope === undefined) return objects;
  return objects.filter(({ kind, identity }) => {
    if (withoutSchema.has(kind)) return false;
    // The comment on a cast names the types of the cast.
    if (kind === "comment" && [...withoutSchema].some((each) => identity.startsWith(`${each} `))) {
      return false;
    }
    if (kind === "extension") return scope.extensions.has(identity);
    const schema = kind === "schema" ? unquoted(identity) : schemaIn(identity);
    const ofSchema = kind === "comment" && identity.startsWith("schema ") ? identity.slice(7) : undefined;
    return scope.schemas.has(ofSchema === undefined ? (schema ?? "") : unquoted(ofSchema));
  });
}

/** What no dump contains. Every new database has the schema public. */
export function stateWithin(state: DatabaseState, scope: Chosen | undefined): DatabaseState {
  if (scope === undefined) return state;
  const extensions = Object.entries(state.extensions).filter(([name]) => scope.extensions.has(name));
  return {
    ...state,
    hasPublic: true,
    extensions: Object.fromEntries(extensions),
    largeObjectComments: {},
  };
}

const words = /"(?:[^"]|"")*"|[\p{L}\p{N}_$]+|[^]/gu;

/**
 * The schema of the first qualified name in a description by the server: `table public.t` -> `public`.
 * @returns undefined if no name is qualified
 */
export function schemaIn(text: string): string | undefined {
  const tokens = text.match(words) ?? [];
  const dot = tokens.findIndex((token, index) => token === "." && index > 0);
  const name = tokens[dot - 1];
  return dot < 1 || name === undefined ? undefined : unquoted(name);
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
