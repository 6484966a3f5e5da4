/**
 * Objects that only a superuser may create, whichever role owns them later. A source has such objects if an administrator created them, or if
 * the role was a superuser earlier. Members of extensions do not count: CREATE EXTENSION creates them.
 */
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { notInExtension } from "@pilot-light/core/inventory/objects";

const firstOfUsers = 16_384;

const identity = (catalog: string) =>
  `(select i.type || ' ' || i.identity from pg_catalog.pg_identify_object('pg_catalog.${catalog}'::pg_catalog.regclass, o.oid, 0) i)`;

const branch = (catalog: string, condition: string, reason: string) => `
  select ${identity(catalog)} || '${reason}' from pg_catalog.${catalog} o
   where o.oid >= ${firstOfUsers} and ${notInExtension(catalog, "o.oid")} and (${condition})`;

/** SQL condition: a type of the server or of an extension. Only the owner of a type may create a cast from or to it. */
const isGivenType = (type: string) => `exists (select 1 from pg_catalog.pg_type t
    join pg_catalog.pg_type own on own.oid = coalesce((select b.oid from pg_catalog.pg_type b where b.typarray = t.oid), t.oid)
   where t.oid = ${type} and (own.oid < ${firstOfUsers} or not ${notInExtension("pg_type", "own.oid")}))`;

/** SQL query that lists these objects, such as `operator class public.c USING btree`. */
export const privilegedObjectsQuery = [
  branch("pg_opclass", "true", ""),
  branch("pg_opfamily", "not exists (select 1 from pg_catalog.pg_opclass c where c.opcfamily = o.oid)", ""),
  branch("pg_am", "true", ""),
  branch("pg_foreign_data_wrapper", "true", ""),
  branch("pg_language", "true", ""),
  branch("pg_ts_parser", "true", ""),
  branch("pg_ts_template", "true", ""),
  branch(
    "pg_cast",
    `o.castmethod = 'b' or ${isGivenType("o.castsource")} and ${isGivenType("o.casttarget")}`,
    "",
  ),
  branch("pg_transform", "true", ""),
  branch(
    "pg_type",
    "not o.typisdefined or o.typtype = 'b' and not exists (select 1 from pg_catalog.pg_type e where e.typarray = o.oid)",
    "",
  ),
  branch("pg_proc", "o.proleakproof", " (leakproof)"),
  branch("pg_proc", "o.prosupport <> 0", " (support function)"),
  branch(
    "pg_proc",
    "o.prokind <> 'a' and exists (select 1 from pg_catalog.pg_language l where l.oid = o.prolang and not l.lanpltrusted) " +
      // CREATE TYPE ... AS RANGE creates its constructors.
      "and not exists (select 1 from pg_catalog.pg_depend i where i.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and i.objid = o.oid and i.deptype = 'i')",
    " (language that is not trusted)",
  ),
  branch(
    "pg_proc",
    "exists (select 1 from pg_catalog.pg_aggregate g where g.aggfnoid = o.oid and 'pg_catalog.internal'::pg_catalog.regtype in (g.aggtranstype, g.aggmtranstype))",
    " (state of the type internal)",
  ),
].join("\n  union all");

const types: ReadonlySet<string> = new Set([
  "ACCESS METHOD",
  "FOREIGN DATA WRAPPER",
  "OPERATOR CLASS",
  "OPERATOR FAMILY",
  "PROCEDURAL LANGUAGE",
  "SHELL TYPE",
  "TEXT SEARCH PARSER",
  "TEXT SEARCH TEMPLATE",
  "TRANSFORM",
]);

/** By type of the entry: what the SQL of such an object contains before its body. */
const properties: Readonly<Record<string, RegExp>> = {
  AGGREGATE: /\n {4}(?:STYPE|MSTYPE) = internal\b/,
  // The name of a type of the server has no schema.
  CAST: / WITHOUT FUNCTION|^CREATE CAST \((?:"char"|[^."])+\) WITH /,
  FUNCTION: /\n {4}LANGUAGE (?:c|internal)\b|\n {4}LANGUAGE [^\n]* (?:LEAKPROOF|SUPPORT)\b/,
  PROCEDURE: /\n {4}LANGUAGE (?:c|internal)\b/,
  TYPE: /^CREATE TYPE [^\n]* \(\n {4}INTERNALLENGTH\b/,
};

/** The objects of a dump that only a superuser may create. */
export function privilegedEntries(entries: readonly ArchiveEntry[]): string[] {
  return entries
    .filter(({ type, sql }) => types.has(type) || properties[type]?.test(sql) === true)
    .map(({ type, schema, tag }) => `${type.toLowerCase()} ${schema === null ? "" : `${schema}.`}${tag}`);
}
