/** The tables, sequences and large objects of a database, and fingerprints of their data. */
import { notInExtension, userSchema } from "./objects.ts";
import { drain } from "../async/settle.ts";
import { ident } from "../postgres/identifiers.ts";
import type { Session } from "../postgres/session.ts";
import { rowHashes, splitHash, type DataColumn, type RowHash, type RowHashName } from "./row-hash.ts";

/** A table that stores rows. A partition does; a partitioned table does not. */
export interface DataTable {
  schema: string;
  name: string;
  /** `schema.name`, quoted if needed: the key in plans, manifests and differences. */
  identity: string;
  /**
   * The unit that its rows are compared in. The partitions of a hash partitioning are compared together: a restore may put a row
   * into another partition, since hashes of enums depend on OIDs.
   */
  group: string;
  /** Columns by name: the same order on both sides, even if the order in the table differs. */
  columns: readonly DataColumn[];
  /** Size on disk with indexes and TOAST, in bytes. */
  bytes: number;
  /** Row-level security hides rows from the role of the session, which may be the owner of the table. */
  hidesRows: boolean;
  /** The role of the session may read the table. */
  isReadable: boolean;
}

/** Number and hash of a table's rows. */
export interface Fingerprint {
  /** Exact number of rows. */
  rows: number;
  /**
   * Sum of the 64-bit hashes of all rows, independent of their order. Of a table, it begins with the prefix of a `RowHash`. Absent if the
   * rows were only counted.
   */
  hash?: string;
}

export type FingerprintDepth = "checksums" | "counts";

/** How rows are read: `checksums` hashes them in the current way, the name of a way in that one. */
export type FingerprintReading = FingerprintDepth | RowHashName;

/** The way of a reading that hashes. */
function hashOf(reading: Exclude<FingerprintReading, "counts">): RowHash {
  return rowHashes.find(({ name }) => name === reading) ?? rowHashes[0];
}

/** The sources of PostgreSQL assign the OIDs below this one: every server has the same. */
const firstUnpinnedOid = 10_000;

/** All tables that have their own rows and are in a dump. Tables of extensions are not. */
export async function listDataTables(session: Session): Promise<DataTable[]> {
  const rows = await session.query<{
    schema: string;
    name: string;
    identity: string;
    group: string;
    columns: DataColumn[];
    bytes: string;
    hidesRows: boolean;
    isReadable: boolean;
  }>(`
    select n.nspname as schema, c.relname as name, pg_catalog.format('%I.%I', n.nspname, c.relname) as identity,
           case when exists (select 1 from pg_catalog.pg_partition_ancestors(c.oid) a
                  join pg_catalog.pg_partitioned_table p on p.partrelid = a.relid where p.partstrat = 'h')
             then pg_catalog.pg_partition_root(c.oid)::text else pg_catalog.format('%I.%I', n.nspname, c.relname) end as "group",
           pg_catalog.pg_total_relation_size(c.oid) as bytes,
           pg_catalog.row_security_active(c.oid) as "hidesRows",
           pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select') as "isReadable",
           (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                     'name', a.attname, 'type', case when t.oid < ${firstUnpinnedOid} then t.typname end) order by a.attname collate "C"), '[]')
              from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and c.relpersistence <> 't' and ${userSchema}
       and ${notInExtension("pg_class", "c.oid")}
     order by bytes desc, identity`);
  return rows.map(({ bytes, ...table }) => ({ ...table, bytes: Number(bytes) }));
}

/**
 * Counts the rows of tables, and hashes them unless `reading` is `counts`, in one statement. The server reads each table once. The hash
 * functions give the same values on every little-endian server.
 * @returns a fingerprint for each table, in their order
 */
export async function fingerprintTables(
  session: Session,
  tables: readonly DataTable[],
  reading: FingerprintReading,
): Promise<Fingerprint[]> {
  if (tables.length === 0) return [];
  const selects = tables.map((table, index) => {
    const from = `only ${ident(table.schema, table.name)} as t`;
    const count = `${index} as i, pg_catalog.count(*) as rows`;
    if (reading === "counts") return `select ${count} from ${from}`;
    const ofRow = hashOf(reading).ofRow("t", table.columns);
    // A sum of int8 is exact: the server adds in 128 bits.
    return `select ${count}, coalesce(pg_catalog.sum(${ofRow}), 0)::text as hash from ${from}`;
  });
  const found = await session.query<{ i: number; rows: string; hash?: string }>(selects.join(" union all "));
  return found
    .toSorted((a, b) => a.i - b.i)
    .map(({ rows, hash }) => {
      if (hash === undefined || reading === "counts") return { rows: Number(rows) };
      return { rows: Number(rows), hash: `${hashOf(reading).prefix}${hash}` };
    });
}

/** The fingerprint of a table without rows. */
export function emptyFingerprint(reading: FingerprintReading): Fingerprint {
  if (reading === "counts") return { rows: 0 };
  return { rows: 0, hash: `${hashOf(reading).prefix}0` };
}

/** Limits of one statement, which reads several small tables: a round trip for each table would take longer than reading it. */
const batch = { tables: 50, bytes: 8 * 1024 * 1024 };

/** Groups tables that one statement can read, in their order. A large table is alone. */
export function inBatches<T extends Pick<DataTable, "bytes">>(tables: readonly T[]): T[][] {
  const batches: T[][] = [];
  let bytes = Infinity;
  for (const table of tables) {
    const last = batches.at(-1);
    bytes += table.bytes;
    if (last !== undefined && bytes <= batch.bytes && last.length < batch.tables) {
      last.push(table);
    } else {
      batches.push([table]);
      bytes = table.bytes;
    }
  }
  return batches;
}

/** How recorded fingerprints of tables were read: fingerprints that are compared with them must be read in the same way. */
export function readingOf(
  depth: FingerprintDepth,
  recorded: Readonly<Record<string, Fingerprint>>,
): FingerprintReading {
  if (depth === "counts") return depth;
  const prefixes = new Set(
    Object.values(recorded).flatMap(({ hash }) => (hash === undefined ? [] : [splitHash(hash).prefix])),
  );
  return rowHashes.find(({ prefix }) => prefixes.has(prefix))?.name ?? depth;
}

/** Exact rows of each table, by `DataTable.group`; null if the role may not read the table, or does not see all of its rows. */
export type RowCounts = ReadonlyMap<string, number | null>;

/** Counts the rows of every table, with several sessions at once. */
export async function countRows(
  tables: readonly DataTable[],
  sessions: readonly Session[],
): Promise<RowCounts> {
  const counts = new Map<string, number | null>();
  const add = (group: string, rows: number) => {
    const before = counts.get(group);
    if (before !== null) counts.set(group, (before ?? 0) + rows);
  };
  const isCounted = ({ isReadable, hidesRows }: DataTable) => isReadable && !hidesRows;
  for (const { group } of tables.filter((table) => !isCounted(table))) counts.set(group, null);
  await drain(inBatches(tables.filter(isCounted)), sessions, async (group, session) => {
    const found = await fingerprintTables(session, group, "counts");
    for (const [index, { rows }] of found.entries()) add(group[index]?.group ?? "", rows);
  });
  return counts;
}

/** Fingerprint of two sets of rows together. */
export function addFingerprints(a: Fingerprint, b: Fingerprint): Fingerprint {
  const rows = a.rows + b.rows;
  if (a.hash === undefined || b.hash === undefined) return { rows };
  const [one, other] = [splitHash(a.hash), splitHash(b.hash)];
  return { rows, hash: `${one.prefix}${BigInt(one.sum) + BigInt(other.sum)}` };
}

/** Position of a sequence. */
export interface SequencePosition {
  identity: string;
  lastValue: string;
  isCalled: boolean;
  increment: string;
  cycle: boolean;
}

/** A sequence, without its position. */
export interface SequenceName {
  schema: string;
  name: string;
  identity: string;
  increment: string;
  cycle: boolean;
}

/**
 * All sequences of the database that are in a dump.
 * @param ofExtensions identities of members of extensions that are dumped as well; no other member is
 */
export async function listSequences(
  session: Session,
  ofExtensions: readonly string[] = [],
): Promise<SequenceName[]> {
  return await session.query<SequenceName & Record<string, unknown>>(
    `select n.nspname as schema, c.relname as name, pg_catalog.format('%I.%I', n.nspname, c.relname) as identity,
           s.seqincrement as increment, s.seqcycle as cycle
      from pg_catalog.pg_sequence s join pg_catalog.pg_class c on c.oid = s.seqrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where ${userSchema} and ${notInExtension("pg_class", "c.oid")}
        or pg_catalog.format('%I.%I', n.nspname, c.relname) = any ($1::text[])
     order by 3`,
    [ofExtensions],
  );
}

/** Positions of sequences, in one round trip for 200 sequences. No snapshot contains positions. */
export async function readPositions(
  session: Session,
  sequences: readonly SequenceName[],
): Promise<SequencePosition[]> {
  const positions: SequencePosition[] = [];
  for (let start = 0; start < sequences.length; start += 200) {
    const batch = sequences.slice(start, start + 200);
    const union = batch
      .map(
        (sequence, index) =>
          `select ${index} as i, last_value::text, is_called from ${ident(sequence.schema, sequence.name)}`,
      )
      .join(" union all ");
    const rows = await session.query<{ i: number; last_value: string; is_called: boolean }>(
      `${union} order by 1`,
    );
    for (const { i, last_value, is_called } of rows) {
      const sequence = batch[i];
      if (sequence === undefined) continue;
      const { identity, increment, cycle } = sequence;
      positions.push({ identity, increment, cycle, lastValue: last_value, isCalled: is_called });
    }
  }
  return positions;
}

/** All large objects, counted and hashed together. */
export async function fingerprintLargeObjects(
  session: Session,
  reading: FingerprintReading,
): Promise<Fingerprint> {
  if (reading === "counts") {
    const { rows } = await session.one<{ rows: string }>(
      "select pg_catalog.count(*) as rows from pg_catalog.pg_largeobject_metadata",
    );
    return { rows: Number(rows) };
  }
  const { rows, hash } = await session.one<{ rows: string; hash: string }>(`
    with recursive pieces as (
      select l.oid, 0::int8 as position, piece.hash, piece.bytes
        from pg_catalog.pg_largeobject_metadata l, ${pieceAt("l.oid", "0")}
      union all
      select p.oid, p.position + p.bytes, piece.hash, piece.bytes
        from pieces p, ${pieceAt("p.oid", "p.position + p.bytes")} where p.bytes = ${pieceBytes}
    ), objects as (
      select oid, pg_catalog.string_agg(hash, '' order by position) as hashes from pieces group by oid
    )
    select pg_catalog.count(*) as rows,
           coalesce(pg_catalog.sum(pg_catalog.hashtextextended(o.oid::text || ':' || o.hashes, 0)::pg_catalog.numeric), 0)::text as hash
      from objects o`);
  return { rows: Number(rows), hash };
}

/** A value holds 1 GB at most, and a large object up to 4 TB: the server reads it in pieces of this size. */
const pieceBytes = 64 * 1024 * 1024;

/** A relation of one row: hash and size of the piece of a large object that begins at a position. Empty after its end. */
const pieceAt = (oid: string, position: string) => `lateral (
  select pg_catalog.md5(bytes) as hash, pg_catalog.length(bytes) as bytes
    from (select pg_catalog.lo_get(${oid}, ${position}, ${pieceBytes}) as bytes offset 0) as one) as piece`;
