/**
 * The hash of a row, as an SQL expression. PostgreSQL's hash of a record is far cheaper than the text of the row, but the hash functions
 * of many types give the same value for texts that differ: 1.0 and 1.00, -0 and 0, equal intervals. Others hash OIDs, which a restore
 * changes. A column of such a type is hashed as its text or as its bytes.
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

/**
 * The hash of a row of `table`, an alias. Columns of types without a form are hashed together, as the text of a record.
 *
 * The hash of a record is a sum of the hashes of its values with weights. Without the outer hash, a sum over rows would be the same after
 * two rows exchange the values of one column. The sum is the seed of the outer hash: of an int8 argument, only 32 bits would count.
 */
export function rowHash(table: string, columns: readonly DataColumn[]): string {
  const formed: string[] = [];
  const others: string[] = [];
  for (const { name, type } of columns) {
    const column = ident(table, name);
    const form = type === null ? undefined : forms[type];
    if (form === undefined) others.push(column);
    else formed.push(form(column));
  }
  if (others.length > 0) formed.push(inC(rowText(others)));
  return `pg_catalog.hashint4extended(0, pg_catalog.hash_record_extended(row(${formed.join(", ")}), 0))`;
}

/** The hash of the text of a row. Earlier versions of this tool recorded it. */
export function rowTextHash(table: string, columns: readonly DataColumn[]): string {
  return `pg_catalog.hashtextextended(${rowText(columns.map(({ name }) => ident(table, name)))}, 0)`;
}

const rowText = (columns: readonly string[]) => `row(${columns.join(", ")})::pg_catalog.text`;
