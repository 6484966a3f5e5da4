/** Finds out what the filters of a sync leave out of a database. */
import {
  emptyFingerprint,
  fingerprintTables,
  listDataTables,
  type DataTable,
  type Fingerprint,
} from "@pilot-light/core/inventory/tables";
import type { Session } from "@pilot-light/core/postgres/session";
import type { Filters } from "./copy-mark.ts";
import { parsePattern } from "./patterns.ts";
import { matchSchemas, tablesWithin, type MatchedSchemas, type Scope } from "./scope.ts";

/** A pattern of `--exclude-table-data`, and the tables that it matches. */
export interface MatchedPattern {
  pattern: string;
  /** `schema.name`, quoted if needed. */
  tables: readonly string[];
}

/** What a sync leaves out. */
export interface Filter {
  /** What `--schema` chooses; undefined if all schemas are copied. */
  scope: Scope | undefined;
  patterns: readonly MatchedPattern[];
  /** Tables that are copied without their rows. */
  emptied: readonly DataTable[];
  /** Groups of tables of which no row is copied. */
  emptiedGroups: ReadonlySet<string>;
  /** Foreign keys by which copied rows refer to rows that are left out: `constraint of the table schema.name`. */
  brokenKeys: readonly string[];
}

/** The filter as it was given, for the mark of the copy. */
export function filtersOf({ patterns, scope }: Filter): Filters {
  const given = (matched: readonly { pattern: string }[]) => matched.map(({ pattern }) => pattern);
  return {
    ...(scope === undefined ? {} : { schemas: given(scope.patterns) }),
    ...(patterns.length === 0 ? {} : { excludeTableData: given(patterns) }),
  };
}

// pg_dump searches a name without a schema in the search path of its role, which the sessions of this tool replace.
const searchPath = `
  select pg_catalog.set_config('search_path', coalesce((
    select pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)
      from pg_catalog.pg_db_role_setting s cross join lateral pg_catalog.unnest(s.setconfig) c
     where c like 'search\\_path=%'
       and s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()))
       and s.setrole in (0, (select oid from pg_catalog.pg_roles where rolname = session_user))
     order by s.setrole <> 0 desc, s.setdatabase <> 0 desc limit 1), '"$user", public'), true)`;

// A pattern that matches a partitioned table matches all of its partitions as well.
const matching = `
  select distinct pg_catalog.format('%I.%I', n.nspname, c.relname) as identity
    from pg_catalog.pg_class m join pg_catalog.pg_namespace mn on mn.oid = m.relnamespace
    cross join lateral (select m.oid as relid union select p.relid from pg_catalog.pg_partition_tree(m.oid) p) member
    join pg_catalog.pg_class c on c.oid = member.relid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where m.relkind in ('r', 'p') and c.relkind = 'r'
     and m.relname operator(pg_catalog.~) $1 collate pg_catalog."default"
     and case when $2::text is null then pg_catalog.pg_table_is_visible(m.oid)
              else mn.nspname operator(pg_catalog.~) $2 collate pg_catalog."default" end
   order by 1`;

/**
 * Reads what the filters leave out.
 * @param tables the tables of the scope that have their own rows
 */
export async function readFilter(
  session: Session,
  patterns: readonly string[],
  tables: readonly DataTable[],
  scope: Scope | undefined,
): Promise<Filter> {
  const matched = await matchTables(session, patterns, tables);
  const brokenKeys = await readBrokenKeys(session, matched.emptied);
  return { ...matched, scope, emptiedGroups: groupsOf(matched.emptied, tables), brokenKeys };
}

/**
 * The tables and schemas that the filter matches now but not in the plan, or the other way around; sorted. The plan may be old: a person may take
 * hours to answer its prompt.
 * @param session in no transaction
 */
export async function changedMatches(session: Session, { patterns, scope }: Filter): Promise<string[]> {
  const given = (matched: readonly { pattern: string }[]) => matched.map(({ pattern }) => pattern);
  const schemas = await matchSchemas(session, given(scope?.patterns ?? []));
  const tables = tablesWithin(await listDataTables(session), scope);
  const now = await matchTables(session, given(patterns), tables);
  const names = (of: { patterns: readonly MatchedPattern[] }, chosen: readonly MatchedSchemas[]) =>
    new Set([
      ...of.patterns.flatMap((each) => each.tables.map((table) => `table ${table}`)),
      ...chosen.flatMap((each) => each.schemas.map((schema) => `schema ${schema}`)),
    ]);
  const [before, after] = [names({ patterns }, scope?.patterns ?? []), names(now, schemas)];
  const all = [...new Set([...before, ...after])];
  return all.filter((name) => before.has(name) !== after.has(name)).sort();
}

async function matchTables(
  session: Session,
  patterns: readonly string[],
  tables: readonly DataTable[],
): Promise<Pick<Filter, "patterns" | "emptied">> {
  const known = new Map(tables.map((table) => [table.identity, table]));
  const found: MatchedPattern[] = [];
  await session.query("begin");
  try {
    await session.query(searchPath);
    for (const pattern of patterns) {
      const parsed = parsePattern(pattern);
      const rows =
        parsed === undefined
          ? []
          : await session.query<{ identity: string }>(matching, [parsed.name, parsed.schema ?? null]);
      const matched = rows.map(({ identity }) => identity).filter((identity) => known.has(identity));
      found.push({ pattern, tables: matched });
    }
  } finally {
    await session.query("rollback");
  }
  const identities = new Set(found.flatMap((each) => each.tables));
  return { patterns: found, emptied: tables.filter(({ identity }) => identities.has(identity)) };
}

/** Foreign keys by which rows that are copied refer to rows that are left out. */
async function readBrokenKeys(session: Session, emptied: readonly DataTable[]): Promise<string[]> {
  const keys = await session.query<{ name: string; on: string; condition: string }>(
    `with emptied as (
       select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where pg_catalog.format('%I.%I', n.nspname, c.relname) = any ($1::text[]))
     select coalesce(parent.conname, k.conname)::text as name, pg_catalog.format('%I.%I', n.nspname, c.relname) as on,
            pg_catalog.string_agg(pg_catalog.format('%I is not null', a.attname), ' and ') as condition
       from pg_catalog.pg_constraint k
       left join pg_catalog.pg_constraint parent on parent.oid = k.conparentid
       join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
      where k.contype = 'f' and k.convalidated
        and k.confrelid in (table emptied) and k.conrelid not in (table emptied)
        and not coalesce(parent.confrelid in (table emptied) and parent.conrelid not in (table emptied), false)
      group by k.oid, parent.conname, k.conname, n.nspname, c.relname
      order by 2, 1`,
    [emptied.map(({ identity }) => identity)],
  );
  const broken = new Set<string>();
  for (const { name, on, condition } of keys) {
    const { needs } = await session.one<{ needs: boolean }>(
      `select exists (select from ${on} where ${condition}) as needs`,
    );
    if (needs) broken.add(`${name} of the table ${on}`);
  }
  return [...broken];
}

/** As `fingerprintTables`, but the tables of `emptied` count as empty and are not read. */
export function readingWithout(emptied: ReadonlySet<string>): typeof fingerprintTables {
  return async (session, tables, reading) => {
    const kept = tables.filter(({ identity }) => !emptied.has(identity));
    const found = await fingerprintTables(session, kept, reading);
    const all = new Map<DataTable, Fingerprint | undefined>(
      kept.map((table, index) => [table, found[index]]),
    );
    return tables.map((table) => all.get(table) ?? emptyFingerprint(reading));
  };
}

function groupsOf(emptied: readonly DataTable[], tables: readonly DataTable[]): ReadonlySet<string> {
  const kept = new Set(tables.filter((table) => !emptied.includes(table)).map(({ group }) => group));
  return new Set(emptied.map(({ group }) => group).filter((group) => !kept.has(group)));
}
