import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ArchiveUnreadable, parseArchive, readArchive, type ArchiveEntry } from "./archive.ts";

const integer = (value: number) => {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(value < 0 ? 1 : 0, 0);
  bytes.writeUInt32LE(Math.abs(value), 1);
  return bytes;
};
const string = (value: string | null) =>
  value === null ? integer(-1) : Buffer.concat([integer(Buffer.byteLength(value)), Buffer.from(value)]);

const numbers = { "pre-data": 2, data: 3, "post-data": 4 };

/** The beginning of a dump as pg_dump of a version writes it. */
function archiveOf(entries: readonly ArchiveEntry[], minor: number): Buffer {
  const head = [Buffer.from("PGDMP"), Buffer.from([1, minor, 0, 4, 8, 1])];
  const compression = minor >= 15 ? Buffer.from([1]) : integer(1);
  const rest = [...Array.from({ length: 7 }, () => integer(7)), string("db"), string("15.1"), string("15.2")];
  const parts = entries.map(
    ({ id, type, schema, tag, section, sql, drop, copy, accessMethod, oid, dependencies }) =>
      Buffer.concat([
        ...[
          integer(id),
          integer(0),
          string("1259"),
          string(String(oid)),
          string(tag),
          string(type),
          integer(numbers[section]),
        ],
        ...[string(sql), string(drop), string(copy), string(schema), string(""), string(accessMethod)],
        ...(minor >= 16 ? [integer(114)] : []),
        ...[string("owner"), string("false")],
        ...dependencies.map((needed) => string(String(needed))),
        ...[string(null), Buffer.from([1]), Buffer.alloc(8)],
      ]),
  );
  return Buffer.concat([...head, compression, ...rest, integer(entries.length), ...parts]);
}

const entryOf = fc.record({
  id: fc.nat(1_000_000),
  type: fc.constantFrom("TABLE", "VIEW", "TABLE DATA"),
  schema: fc.option(fc.string({ minLength: 1 }), { nil: null }),
  tag: fc.string({ unit: "grapheme" }),
  section: fc.constantFrom("pre-data" as const, "data" as const, "post-data" as const),
  sql: fc.string({ unit: "grapheme" }),
  drop: fc.string({ unit: "grapheme" }),
  copy: fc.string({ unit: "grapheme" }),
  accessMethod: fc.constantFrom("", "heap"),
  oid: fc.nat(2 ** 31),
  dependencies: fc.array(fc.nat(1_000_000)),
});

test.each([14, 15, 16])(
  "entries of archives of version 1.%i are read unchanged, with any content",
  (minor) => {
    fc.assert(
      fc.property(fc.array(entryOf), (entries) => {
        expect(parseArchive(archiveOf(entries, minor)).entries).toEqual(entries);
      }),
    );
  },
);

const settings = (value: string): ArchiveEntry => ({
  ...{
    id: 1,
    type: "STDSTRINGS",
    schema: null,
    tag: "STDSTRINGS",
    section: "pre-data",
    drop: "",
    copy: "",
    accessMethod: "",
    oid: 0,
    dependencies: [],
  },
  sql: `SET standard_conforming_strings = '${value}';\n`,
});

test("an entry without a section belongs to that of the entry before it", () => {
  const comment = { ...settings("on"), type: "COMMENT" };
  const bytes = archiveOf([{ ...comment, section: "post-data" }, comment], 14);
  const type = string("COMMENT");
  integer(1).copy(bytes, bytes.lastIndexOf(type) + type.length);
  expect(parseArchive(bytes).entries.map(({ section }) => section)).toEqual(["post-data", "post-data"]);
});

test("standard_conforming_strings is read from the archive", () => {
  expect(parseArchive(archiveOf([settings("on")], 14))).toEqual({ standardStrings: true, entries: [] });
  expect(parseArchive(archiveOf([settings("off")], 14)).standardStrings).toBe(false);
});

test("a file that is not an archive, or has an unknown version, is refused", () => {
  expect(() => parseArchive(Buffer.from("-- PostgreSQL database dump"))).toThrow(ArchiveUnreadable);
  expect(() => parseArchive(archiveOf([], 13))).toThrow("archives of version 1.13 are not known");
  const tar = archiveOf([], 14);
  tar.writeUInt8(3, 10);
  expect(() => parseArchive(tar)).toThrow("not an archive in custom format");
});

test("a table of contents that is longer than the first read, and a truncated one", async () => {
  const directory = await mkdtemp(join(tmpdir(), "archive-"));
  try {
    const entry = { ...settings("on"), type: "FUNCTION", sql: "x".repeat(3_000_000) };
    const bytes = archiveOf([entry], 16);
    await writeFile(join(directory, "whole"), Buffer.concat([bytes, Buffer.alloc(100)]));
    await writeFile(join(directory, "cut"), bytes.subarray(0, 2_500_000));
    expect((await readArchive(join(directory, "whole"))).entries).toEqual([entry]);
    await expect(readArchive(join(directory, "cut"))).rejects.toThrow("ends within its table of contents");
  } finally {
    await rm(directory, { recursive: true });
  }
});
