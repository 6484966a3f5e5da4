import { expect, test } from "vitest";
import { rowHash, rowTextHash } from "./row-hash.ts";

const column = (type: string | null, name = "a") => ({ name, type });
/** The values of the record that is hashed. */
const hashed = (...columns: ReturnType<typeof column>[]) =>
  /hash_record_extended\(row\((.*)\), 0\)\)$/.exec(rowHash("t", columns))?.[1];

test.each(["bool", "bytea", "date", "int2", "int4", "oid", "uuid"])(
  "a column of type %s is hashed as it is",
  (type) => {
    expect(hashed(column(type))).toBe(`"t"."a"`);
  },
);

test.each(["text", "varchar"])("a column of type %s is hashed by its bytes, for any collation", (type) => {
  expect(hashed(column(type))).toBe(`"t"."a" collate pg_catalog."C"`);
});

test.each([
  ["int8", "int8send"],
  ["timestamp", "timestamp_send"],
  ["timestamptz", "timestamptz_send"],
])("a column of type %s, whose hash has 32 bits, is hashed by its bytes", (type, send) => {
  expect(hashed(column(type))).toBe(`pg_catalog.${send}("t"."a")`);
});

test.each([
  ["bpchar", "bpcharout"],
  ["numeric", "numeric_out"],
  ["float4", "float4out"],
  ["float8", "float8out"],
  ["json", "json_out"],
  ["jsonb", "jsonb_out"],
])("a column of type %s is hashed as what it prints", (type, output) => {
  expect(hashed(column(type))).toBe(
    `pg_catalog.textin(pg_catalog.${output}("t"."a")) collate pg_catalog."C"`,
  );
});

test.each(["interval", "timetz", "char", "_int4", "regclass", "inet", "int4range", null])(
  "a column of type %s is hashed as the text of a record",
  (type) => {
    expect(hashed(column(type))).toBe(`row("t"."a")::pg_catalog.text collate pg_catalog."C"`);
  },
);

test("the columns that are hashed as text share one text", () => {
  expect(hashed(column("int4", "a"), column(null, "b"), column("uuid", "c"), column("inet", "D"))).toBe(
    `"t"."a", "t"."c", row("t"."b", "t"."D")::pg_catalog.text collate pg_catalog."C"`,
  );
});

test("the hash of the text takes all columns in their order", () => {
  expect(rowTextHash("t", [column("int4", "a"), column(null, "b")])).toBe(
    `pg_catalog.hashtextextended(row("t"."a", "t"."b")::pg_catalog.text, 0)`,
  );
});
