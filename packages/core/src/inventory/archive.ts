/**
 * Reads the table of contents of a dump in custom format, which PostgreSQL calls an archive: what it holds, entry by entry, each with the SQL that
 * pg_restore runs for it. It reads the bytes of the file, not the output of `pg_restore --list`: names and bodies may contain newlines,
 * semicolons and lines that look like the headers of other entries, so that the output cannot be parsed reliably. Based on `ReadHead` and
 * `ReadToc` in src/bin/pg_dump/pg_backup_archiver.c of PostgreSQL 14 to 18.
 */
import { open } from "node:fs/promises";

/** The part of a restore to which an entry belongs. */
export type Section = "pre-data" | "data" | "post-data";

/** One entry of a dump. */
export interface ArchiveEntry {
  /** Number that `pg_restore --use-list` takes. */
  id: number;
  /** Such as `TABLE`, `FK CONSTRAINT` or `TABLE DATA`. */
  type: string;
  /** Null for an object that belongs to no schema. */
  schema: string | null;
  /** Such as `items`, `items items_pkey` or `twice(integer)`. */
  tag: string;
  /** A comment or a privilege belongs to the section of the entry before it, as pg_restore decides. */
  section: Section;
  /** SQL that creates it, as pg_dump wrote it; empty for data. */
  sql: string;
  /** SQL that drops it, as pg_dump wrote it; empty for a part that is dropped with another object. */
  drop: string;
  /** The COPY statement that pg_restore runs before the rows, with a newline at its end; empty for an entry without one. */
  copy: string;
  /** Access method of a table or materialized view; empty for other entries. pg_restore sets it before it runs the SQL. */
  accessMethod: string;
  /** OID of the object in the dumped database; 0 if the entry stands for no object. */
  oid: number;
  /** Numbers of the entries that it needs, directly or through objects that are no entries, such as members of extensions. */
  dependencies: readonly number[];
}

export interface Archive {
  /** Whether backslashes in plain literals stand for themselves: `standard_conforming_strings` of the dumped database. */
  standardStrings: boolean;
  entries: readonly ArchiveEntry[];
}

/** The file is not a readable dump: it is damaged, or its version is not known. */
export class ArchiveUnreadable extends Error {
  override readonly name = "ArchiveUnreadable";
}

/** The format's versions of PostgreSQL 12 to 15 (1.14), 16 (1.15), and 17 and 18 (1.16). */
const knownVersions = [14, 15, 16];
const customFormat = 1;

/** The part of the file that is read first; doubled until the table of contents is in it. */
const firstPart = 1 << 20;

/**
 * Reads the entries of a dump.
 * @throws ArchiveUnreadable
 */
export async function readArchive(file: string): Promise<Archive> {
  const archive = await readGrowingArchive(file);
  if (archive === undefined) {
    throw new ArchiveUnreadable(`${file}: the archive ends within its table of contents`);
  }
  return archive;
}

/**
 * Reads the entries of a dump that pg_dump may still be writing: it writes the table of contents before the rows. Later pg_dump
 * writes the positions of the rows into it, which changes no length.
 * @returns undefined while the file ends within the table of contents
 * @throws ArchiveUnreadable
 */
export async function readGrowingArchive(file: string): Promise<Archive | undefined> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  for (let length = firstPart; ; length *= 2) {
    const part = Buffer.alloc(Math.min(length, size));
    await handle.read(part, 0, part.length, 0);
    try {
      return parseArchive(part);
    } catch (error) {
      if (!(error instanceof EndOfBytes)) throw error;
      if (length >= size) return undefined;
    }
  }
}

class EndOfBytes extends Error {}

/**
 * Parses the beginning of a dump.
 * @throws ArchiveUnreadable, or an internal error when `bytes` ends before the table of contents does
 */
export function parseArchive(bytes: Buffer): Archive {
  const reader = new Reader(bytes);
  if (reader.take(5).toString("latin1") !== "PGDMP") throw new ArchiveUnreadable("not an archive of pg_dump");
  const [major, minor] = [reader.byte(), reader.byte()];
  reader.byte(); // revision
  if (major !== 1 || !knownVersions.includes(minor)) {
    throw new ArchiveUnreadable(`archives of version ${major}.${minor} are not known`);
  }
  reader.integerSize = reader.byte();
  reader.offsetSize = reader.byte();
  if (reader.byte() !== customFormat) throw new ArchiveUnreadable("not an archive in custom format");
  if (minor >= 15) reader.byte();
  else reader.integer(); // compression
  for (let part = 0; part < 7; part += 1) reader.integer(); // time of the dump
  for (let name = 0; name < 3; name += 1) reader.string(); // database, versions of the server and of pg_dump
  const count = reader.integer();
  const all: ArchiveEntry[] = [];
  for (let entry = 0; entry < count; entry += 1) all.push(readEntry(reader, minor, all.at(-1)?.section));
  const standard = all.find(({ type }) => type === "STDSTRINGS");
  const settings = new Set(["ENCODING", "STDSTRINGS", "SEARCHPATH"]);
  return {
    standardStrings: standard === undefined || /'on'/.test(standard.sql),
    entries: all.filter(({ type }) => !settings.has(type)),
  };
}

/** By the number of `teSection` in pg_backup.h, where 1 is SECTION_NONE. */
const sections: Readonly<Record<number, Section>> = { 2: "pre-data", 3: "data", 4: "post-data" };

function readEntry(reader: Reader, minor: number, before: Section = "pre-data"): ArchiveEntry {
  const id = reader.integer();
  reader.integer(); // has data
  reader.string(); // catalog
  const oid = Number(reader.string() ?? 0);
  const tag = reader.string() ?? "";
  const type = reader.string() ?? "";
  const section = sections[reader.integer()] ?? before;
  const sql = reader.string() ?? "";
  const drop = reader.string() ?? "";
  const copy = reader.string() ?? "";
  const schema = reader.string();
  reader.string(); // tablespace
  const accessMethod = reader.string() ?? "";
  if (minor >= 16) reader.integer(); // kind of relation
  reader.string(); // owner
  reader.string(); // WITH OIDS
  const dependencies: number[] = [];
  for (let found = reader.string(); found !== null; found = reader.string()) dependencies.push(Number(found));
  reader.take(1 + reader.offsetSize); // where the data is
  return {
    id,
    type,
    schema: schema === "" ? null : schema,
    tag,
    section,
    sql,
    drop,
    copy,
    accessMethod,
    oid,
    dependencies,
  };
}

/** Reads integers and offsets, which are little-endian and have the sizes of the machine that wrote the dump. */
class Reader {
  integerSize = 4;
  offsetSize = 8;
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    const end = this.#position + length;
    if (length < 0 || end > this.#bytes.length) throw new EndOfBytes();
    const part = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return part;
  }

  byte(): number {
    return this.take(1).readUInt8();
  }

  integer(): number {
    const negative = this.byte() !== 0;
    const value = this.take(this.integerSize).readUIntLE(0, Math.min(this.integerSize, 6));
    return negative ? -value : value;
  }

  string(): string | null {
    const length = this.integer();
    return length < 0 ? null : this.take(length).toString("utf8");
  }
}
