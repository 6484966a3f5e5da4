import { expect, test } from "vitest";
import { rowHash, rowHashes, splitHash } from "./row-hash.ts";

const column = (type: string | null, name = "a") => ({ name, type });
const inC = ` collate pg_catalog."C"`;
const outer = (combined: string) => `pg_catalog.hashint4extended(0, ${combined})`;

test.each([
  ["bool", `hashint4extended("t"."a"::pg_catalog.int4, 1)`],
  ["int2", `hashint2extended("t"."a", 1)`],
  ["int4", `hashint4extended("t"."a", 1)`],
  ["int8", `hashint8extended("t"."a" operator(pg_catalog.>>) 32, pg_catalog.hashint8extended("t"."a", 1))`],
  ["oid", `hashoidextended("t"."a", 1)`],
  ["uuid", `uuid_hash_extended("t"."a", 1)`],
  ["text", `hashtextextended("t"."a"${inC}, 1)`],
  ["varchar", `hashtextextended("t"."a"${inC}, 1)`],
  [
    "bpchar",
    `hashint4extended(pg_catalog.octet_length("t"."a"), pg_catalog.hashbpcharextended("t"."a"${inC}, 1))`,
  ],
  ["numeric", `hashtextextended(pg_catalog.textin(pg_catalog.numeric_out("t"."a"))${inC}, 1)`],
  ["jsonb", `hashtextextended(pg_catalog.textin(pg_catalog.jsonb_out("t"."a"))${inC}, 1)`],
])("a column of type %s has its own hash", (type, hash) => {
  expect(rowHash("t", [column(type)])).toBe(outer(`coalesce(pg_catalog.${hash}, 0)`));
});

test.each([
  ["bytea", `"t"."a"`],
  ["date", `"t"."a"`],
  ["timestamp", `pg_catalog.timestamp_send("t"."a")`],
  ["timestamptz", `pg_catalog.timestamptz_send("t"."a")`],
])("a column of type %s is hashed in a record", (type, value) => {
  expect(rowHash("t", [column(type)])).toBe(outer(`pg_catalog.hash_record_extended(row(${value}), -1)`));
});

test.each(["interval", "timetz", "char", "_int4", "regclass", "inet", "int4range", null])(
  "a column of type %s is hashed as the text of a record",
  (type) => {
    expect(rowHash("t", [column(type)])).toBe(
      outer(`pg_catalog.hashtextextended(row("t"."a")::pg_catalog.text${inC}, -2)`),
    );
  },
);

test("the position of a column is its seed, and the columns of one form are hashed together", () => {
  const types = ["int4", null, "date", "oid", "inet", "bytea"];
  expect(
    rowHash(
      "t",
      types.map((type, index) => column(type, `c${index}`)),
    ),
  ).toBe(
    outer(
      [
        `coalesce(pg_catalog.hashint4extended("t"."c0", 1), 0)`,
        `coalesce(pg_catalog.hashoidextended("t"."c3", 4), 0)`,
        `pg_catalog.hash_record_extended(row("t"."c2", "t"."c5"), -1)`,
        `pg_catalog.hashtextextended(row("t"."c1", "t"."c4")::pg_catalog.text${inC}, -2)`,
      ].join(" operator(pg_catalog.#) "),
    ),
  );
});

test("a row without columns has a hash", () => {
  expect(rowHash("t", [])).toBe("pg_catalog.hashint4extended(0, 0)");
});

test("the ways of earlier versions do not change", () => {
  const columns = [column("int8", "a"), column(null, "b"), column("varchar", "c")];
  const [, records, texts] = rowHashes.map(({ ofRow }) => ofRow("t", columns));
  const all = `pg_catalog.int8send("t"."a"), "t"."c"${inC}, row("t"."b")::pg_catalog.text${inC}`;
  expect(records).toBe(outer(`pg_catalog.hash_record_extended(row(${all}), 0)`));
  expect(texts).toBe(`pg_catalog.hashtextextended(row("t"."a", "t"."b", "t"."c")::pg_catalog.text, 0)`);
});

test("a recorded hash has the prefix of its way", () => {
  expect(new Set(rowHashes.map(({ prefix }) => prefix)).size).toBe(rowHashes.length);
  for (const { prefix } of rowHashes) {
    expect(splitHash(`${prefix}-12`)).toEqual({ prefix, sum: "-12" });
  }
});
