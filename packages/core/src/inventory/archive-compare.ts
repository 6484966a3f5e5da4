/**
 * Compares the schemas of two databases as pg_dump wrote them: the dump is the specification. An object that pg_dump leaves out is not
 * expected. An object that pg_dump writes is always compared. Pure functions over the entries that `archive.ts` reads.
 */
import { isSameAcrossMajors } from "./across-majors.ts";
import type { Archive, ArchiveEntry } from "./archive.ts";
import type { Difference } from "./compare.ts";
import { excerpts } from "./sql-excerpts.ts";
import { canonicalSql, type CanonicalSql } from "./sql-text.ts";

/** Types of entries that hold data or settings of the database. Other code reads and verifies those. */
const dataTypes: ReadonlySet<string> = new Set([
  "BLOB",
  "BLOBS",
  "BLOB METADATA",
  "DATABASE",
  "DATABASE PROPERTIES",
  "MATERIALIZED VIEW DATA",
  "SEQUENCE SET",
  "STATISTICS DATA",
  "TABLE DATA",
]);

/** Objects that act beyond the database. They are never restored, and the plan names them. */
const neverRestored: ReadonlySet<string> = new Set([
  "EVENT TRIGGER",
  "PUBLICATION",
  "PUBLICATION TABLE",
  "PUBLICATION TABLES IN SCHEMA",
  "SUBSCRIPTION",
  "SUBSCRIPTION TABLE",
]);

/** Types of entries whose options may hold passwords: a difference is reported without its values. */
const secretTypes: ReadonlySet<string> = new Set(["USER MAPPING", "SERVER", "FOREIGN DATA WRAPPER"]);

/** True for an entry that belongs to the schema, and that a restore creates. */
function isSchemaEntry(entry: ArchiveEntry): boolean {
  const { type, tag } = entry;
  if (dataTypes.has(type) || neverRestored.has(type)) return false;
  // `state.ts` compares extensions, with their versions and members.
  if (type === "EXTENSION") return false;
  if (isPublic(entry)) return false;
  if (type !== "COMMENT") return true;
  return !/^(?:EXTENSION|EVENT TRIGGER|PUBLICATION|SUBSCRIPTION|DATABASE|LARGE OBJECT) /.test(tag);
}

/** Every new database has the schema public. It gets the owner that it has on the target. */
function isPublic({ type, schema, tag }: ArchiveEntry): boolean {
  return type === "SCHEMA" && schema === null && tag === "public";
}

export interface ArchiveOptions {
  /** The servers have the same major: they print everything in the same form. */
  sameMajor: boolean;
  /** Entries that the restore left out on purpose. */
  isLeftOut?: (entry: ArchiveEntry) => boolean;
}

/** Differences between the schema of a dump and that of another database. */
export function compareArchives(expected: Archive, actual: Archive, options: ArchiveOptions): Difference[] {
  return pairItems(expected, actual, options).map(({ expected: item, actual: other }): Difference => {
    if (item === undefined) return { ...nameOf(other.entry), problem: "unexpected" };
    if (other === undefined) return { ...nameOf(item.entry), problem: "missing" };
    return different(item, other);
  });
}

/**
 * The entries of `actual` that `compareArchives` skips, because a restore does not create them or because their options are hidden, and that
 * `expected` does not contain in the same words. A dump with such entries cannot be replaced by the other one.
 */
export function entriesLacking(
  expected: Archive,
  actual: Archive,
  { isLeftOut = () => false }: Pick<ArchiveOptions, "isLeftOut">,
): ArchiveEntry[] {
  const wordsOf = ({ type, schema, tag, sql }: ArchiveEntry) => JSON.stringify([type, schema, tag, sql]);
  const known = new Set(expected.entries.map(wordsOf));
  const isSkipped = (entry: ArchiveEntry) => !isSchemaEntry(entry) || isLeftOut(entry) || isHidden(entry);
  return actual.entries.filter(
    (entry) =>
      isSkipped(entry) && !dataTypes.has(entry.type) && !isPublic(entry) && !known.has(wordsOf(entry)),
  );
}

/** An object that differs: the entries of both dumps, or the one that the other dump lacks. */
export interface EntryPair {
  expected: ArchiveEntry | undefined;
  actual: ArchiveEntry | undefined;
}

/** The entries of objects that differ, as `compareArchives` finds them. */
export function pairEntries(expected: Archive, actual: Archive, options: ArchiveOptions): EntryPair[] {
  return pairItems(expected, actual, options).map((pair) => ({
    expected: pair.expected?.entry,
    actual: pair.actual?.entry,
  }));
}

type ItemPair = { expected: Item; actual: Item | undefined } | { expected: undefined; actual: Item };

function pairItems(
  expected: Archive,
  actual: Archive,
  { sameMajor, isLeftOut = () => false }: ArchiveOptions,
): ItemPair[] {
  const isCompared = (entry: ArchiveEntry) => isSchemaEntry(entry) && !isLeftOut(entry);
  const wanted = group(expected, isCompared);
  const found = group(actual, isCompared);
  const pairs: ItemPair[] = [];
  for (const [name, items] of wanted) {
    pairs.push(...pairGroup(items, found.get(name) ?? [], sameMajor));
    found.delete(name);
  }
  for (const items of found.values()) pairs.push(...pairGroup([], items, sameMajor));
  return pairs;
}

/** An entry with the comparable form of its SQL. */
interface Item {
  entry: ArchiveEntry;
  sql: CanonicalSql;
}

/** Groups entries by name. Names are not unique: operators with the same name differ in their argument types, which only their SQL has. */
function group(archive: Archive, isCompared: (entry: ArchiveEntry) => boolean): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const entry of archive.entries) {
    if (!isCompared(entry)) continue;
    const name = [entry.type, entry.schema, entry.tag].join("\0");
    const anyColumnOrder = entry.type === "TABLE" && /\)\sINHERITS \(/.test(entry.sql);
    const text = entry.type === "SEQUENCE" ? withDefaultLimits(entry.sql, archive) : entry.sql;
    const sql = canonicalSql(text, { standardStrings: archive.standardStrings, anyColumnOrder });
    const items = groups.get(name);
    if (items === undefined) groups.set(name, [{ entry, sql }]);
    else items.push({ entry, sql });
  }
  return groups;
}

/** The limits of the types of identity columns that are not the limits of bigint. */
const limits: Readonly<Record<string, { min: string; max: string }>> = {
  smallint: { min: "-32768", max: "32767" },
  integer: { min: "-2147483648", max: "2147483647" },
};

const identity =
  /^ALTER TABLE (.+) ALTER COLUMN ((?:"(?:[^"]|"")*")|[^\s"]+) ADD GENERATED [^]* AS IDENTITY \(\n/;

/**
 * The SQL of a sequence. `LIKE ... INCLUDING IDENTITY` gives an integer column a sequence of the type bigint with the limit of integer. pg_dump
 * writes no type of such a sequence, so that a restore gives it the type of the column, whose limit is the default: `NO MAXVALUE`.
 */
function withDefaultLimits(sql: string, { entries }: Archive): string {
  const [, table, column] = identity.exec(sql) ?? [];
  if (table === undefined || column === undefined || !/\n {4}(?:MINVALUE -|MAXVALUE \d)/.test(sql)) {
    return sql;
  }
  const creation = new RegExp(`^CREATE (?:UNLOGGED )?TABLE ${literally(table)} \\(\n`);
  const created = entries.find(({ type, sql: text }) => type === "TABLE" && creation.test(text));
  const columnLine = new RegExp(`\n {4}${literally(column)} (smallint|integer)\\b`);
  const limit = limits[columnLine.exec(created?.sql ?? "")?.[1] ?? ""];
  if (limit === undefined) return sql;
  return /\n {4}INCREMENT BY -/.test(sql)
    ? sql.replace(`\n    MINVALUE ${limit.min}\n`, "\n    NO MINVALUE\n")
    : sql.replace(`\n    MAXVALUE ${limit.max}\n`, "\n    NO MAXVALUE\n");
}

const literally = (name: string) => name.replaceAll(/[^\w\s]/g, String.raw`\$&`);

function pairGroup(expected: readonly Item[], actual: readonly Item[], sameMajor: boolean): ItemPair[] {
  const rest = [...actual];
  const unmatched = expected.filter((item) => {
    const match = rest.findIndex((other) => isSame(item, other, sameMajor));
    if (match >= 0) rest.splice(match, 1);
    return match < 0;
  });
  return [
    ...unmatched.map((item, index): ItemPair => ({ expected: item, actual: rest[index] })),
    ...rest.slice(unmatched.length).map((item): ItemPair => ({ expected: undefined, actual: item })),
  ];
}

function isSame(a: Item, b: Item, sameMajor: boolean): boolean {
  if (isHidden(b.entry)) return true;
  if (a.entry.accessMethod !== b.entry.accessMethod) return false;
  return sameMajor ? a.sql.key === b.sql.key : isSameAcrossMajors(a.sql, b.sql);
}

/** Whether the options of a user mapping are hidden. Only a superuser sees those of another role, so they are not compared. */
function isHidden({ type, tag, sql }: ArchiveEntry): boolean {
  return type === "USER MAPPING" && !tag.startsWith("USER MAPPING public ") && !/\bOPTIONS \(/.test(sql);
}

function different(item: Item, other: Item): Difference {
  const name = nameOf(item.entry);
  if (item.sql.key === other.sql.key) {
    const describe = ({ entry }: Item) => `access method ${entry.accessMethod}`;
    return { ...name, problem: "different", expected: describe(item), actual: describe(other) };
  }
  if (secretTypes.has(item.entry.type)) {
    return { ...name, problem: "different" };
  }
  const definitions = { expected: item.entry.sql, actual: other.entry.sql };
  return { ...name, problem: "different", ...excerpts(item.sql, other.sql), definitions };
}

/** The name of an entry, such as `foreign key constraint plain.eggs eggs_chicken_fkey`. */
export function nameOf({ type, schema, tag }: ArchiveEntry): Pick<Difference, "kind" | "identity"> {
  const kind = type === "FK CONSTRAINT" ? "foreign key constraint" : type.toLowerCase();
  return { kind, identity: schema === null ? tag : `${schema}.${tag}` };
}
