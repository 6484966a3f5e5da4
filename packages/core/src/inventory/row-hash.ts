/**
 * The hash of a row, as an SQL expression. PostgreSQL's hash functions are far cheaper than the text of the row, but those of many types
 * give the same value for texts that differ: 1.0 and 1.00, -0 and 0, equal intervals. Others hash OIDs, which a restore changes. A column
 * of such a type is hashed as its text or as its bytes.
 */
import { ident } from "../postgres/identifiers.ts";

/** A column, as far as its hash depends on it. */
export interface DataColumn {
  name: string;
  /** Name of its type if every server has the type under the same OID; null for types of users and of extensions. */
  type: string | null;
}

/** A column as a value whose hash differs whenever the text of the column differs. NULL remains NULL. */
type Form = (column: string) => string;

const asItIs: Form = (column) => column;
/** In the collation "C" all bytes count: in a nondeterministic collation, different texts may have the same hash. */
const inC: Form = (column) => `${column} collate pg_catalog."C"`;
/** PostgreSQL hashes only 32 bits of an int8 (-1 and 4294967295 have the same hash), so its bytes are hashed instead. */
const sent =
  (send: string): Form =>
  (column) =>
    `pg_catalog.${send}(${column})`;
/** What the type prints. A cast is not the same: it removes the spaces at the end of a char(n). */
const printed =
  (output: string): Form =>
  (column) =>
    inC(`pg_catalog.textin(pg_catalog.${output}(${column}))`);

/** By type. The type "char" is not in the list: its sign depends on the processor. */
const forms: Readonly<Record<string, Form>> = {
  bool: asItIs,
  bpchar: printed("bpcharout"),
  bytea: asItIs,
  date: asItIs,
  float4: printed("float4out"),
  float8: printed("float8out"),
  int2: asItIs,
  int4: asItIs,
  int8: sent("int8send"),
  json: printed("json_out"),
  jsonb: printed("jsonb_out"),
  numeric: printed("numeric_out"),
  oid: asItIs,
  text: inC,
  timestamp: sent("timestamp_send"),
  timestamptz: sent("timestamptz_send"),
  uuid: asItIs,
  varchar: inC,
};

/** The hash of a value that is not NULL, by a function that SQL can call on PostgreSQL 14 to 18, with a seed. */
type ValueHash = (column: string, seed: number) => string;

const by =
  (hash: string, form: Form = asItIs): ValueHash =>
  (column, seed) =>
    `pg_catalog.${hash}(${form(column)}, ${seed})`;
const asText = (output: string) => by("hashtextextended", printed(output));

/** By type, for types that have such a function. */
const valueHashes: Readonly<Record<string, ValueHash>> = {
  bool: by("hashint4extended", (column) => `${column}::pg_catalog.int4`),
  // The hash ignores spaces at the end, so the number of bytes is hashed as well.
  bpchar: (column, seed) =>
    `pg_catalog.hashint4extended(pg_catalog.octet_length(${column}), ${by("hashbpcharextended", inC)(column, seed)})`,
  float4: asText("float4out"),
  float8: asText("float8out"),
  int2: by("hashint2extended"),
  int4: by("hashint4extended"),
  // The hash folds the halves into 32 bits. Of the high half alone, it is complete, and both together determine the low half.
  int8: (column, seed) =>
    `pg_catalog.hashint8extended(${column} operator(pg_catalog.>>) 32, ${by("hashint8extended")(column, seed)})`,
  json: asText("json_out"),
  jsonb: asText("jsonb_out"),
  numeric: asText("numeric_out"),
  oid: by("hashoidextended"),
  text: by("hashtextextended", inC),
  uuid: by("uuid_hash_extended"),
  varchar: by("hashtextextended", inC),
};

/**
 * The hash of a row of `table`, an alias. Each column of a type in `valueHashes` has its own hash, whose seed is the position of the column;
 * that of NULL is 0. The columns of the other types in `forms` are hashed as one record. The rest is hashed as the text of one record.
 *
 * The hashes are combined with xor. Without the outer hash, a sum over rows could be the same after two rows exchange the values of one
 * column. The combination is the seed of the outer hash: of an int8 argument, only 32 bits would count.
 */
export function rowHash(table: string, columns: readonly DataColumn[]): string {
  const hashes: string[] = [];
  const rest: DataColumn[] = [];
  for (const [index, column] of columns.entries()) {
    const hash = column.type === null ? undefined : valueHashes[column.type];
    if (hash === undefined) rest.push(column);
    else hashes.push(`coalesce(${hash(ident(table, column.name), index + 1)}, 0)`);
  }
  const { formed, others } = formsOf(table, rest);
  // Seeds that no column has.
  if (formed.length > 0) hashes.push(`pg_catalog.hash_record_extended(row(${formed.join(", ")}), -1)`);
  if (others.length > 0) hashes.push(`pg_catalog.hashtextextended(${inC(rowText(others))}, -2)`);
  const combined = hashes.length === 0 ? "0" : hashes.join(" operator(pg_catalog.#) ");
  return `pg_catalog.hashint4extended(0, ${combined})`;
}

/** The hash of a row as a record. Earlier versions of this tool recorded it. */
function rowRecordHash(table: string, columns: readonly DataColumn[]): string {
  const { formed, others } = formsOf(table, columns);
  if (others.length > 0) formed.push(inC(rowText(others)));
  return `pg_catalog.hashint4extended(0, pg_catalog.hash_record_extended(row(${formed.join(", ")}), 0))`;
}

/** The columns as a record hashes them, and those whose types have no form. */
function formsOf(table: string, columns: readonly DataColumn[]): { formed: string[]; others: string[] } {
  const formed: string[] = [];
  const others: string[] = [];
  for (const { name, type } of columns) {
    const form = type === null ? undefined : forms[type];
    if (form === undefined) others.push(ident(table, name));
    else formed.push(form(ident(table, name)));
  }
  return { formed, others };
}

/** The hash of the text of a row. The first versions of this tool recorded it. */
function rowTextHash(table: string, columns: readonly DataColumn[]): string {
  return `pg_catalog.hashtextextended(${rowText(columns.map(({ name }) => ident(table, name)))}, 0)`;
}

const rowText = (columns: readonly string[]) => `row(${columns.join(", ")})::pg_catalog.text`;

/** A way of hashing rows. */
export interface RowHash {
  name: string;
  /** What a recorded hash begins with. */
  prefix: string;
  /** The hash of a row of `table`, an alias: an SQL expression of the type int8. */
  ofRow: (table: string, columns: readonly DataColumn[]) => string;
}

/** Every way in which a version of this tool has recorded hashes: the current one first. */
export const rowHashes = [
  { name: "columns", prefix: "columns:", ofRow: rowHash },
  { name: "records", prefix: "records:", ofRow: rowRecordHash },
  { name: "texts", prefix: "", ofRow: rowTextHash },
] as const satisfies readonly RowHash[];

export type RowHashName = (typeof rowHashes)[number]["name"];

/** Splits a recorded hash into the prefix of its way, which may be one that this version does not know, and the sum. */
export function splitHash(recorded: string): { prefix: string; sum: string } {
  const start = recorded.indexOf(":") + 1;
  return { prefix: recorded.slice(0, start), sum: recorded.slice(start) };
}
