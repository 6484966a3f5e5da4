/** The hash of a row shows every difference of the text of a value, and is the same on the oldest and on the newest server. */
import { processEnvironment } from "@pilot-light/core/config/env";
import { rowHashes } from "@pilot-light/core/inventory/row-hash";
import { listDataTables } from "@pilot-light/core/inventory/tables";
import { openSession } from "@pilot-light/core/postgres/session";
import { createPair, startSandbox } from "@pilot-light/sandbox/testing";
import { extraSandboxDirectory } from "@pilot-light/sandbox/vitest";
import { beforeAll, expect, test } from "vitest";

/** Columns, and rows of which no two have the same text. */
const cases: Readonly<Record<string, readonly string[]>> = {
  "v int2": ["null", "0", "1", "-1", "32767", "-32768"],
  "v int4": ["null", "0", "1", "-1", "2147483647", "-2147483648"],
  "v int8": [
    ...["null", "0", "1", "-1", "4294967295", "4294967296", "4294967297", "-4294967296", "-4294967297"],
    ...["2147483648", "-2147483649", "9223372036854775807", "(-9223372036854775808)", "-9223372036854775807"],
  ],
  "v oid": ["null", "0", "1", "4294967295"],
  "v bool": ["null", "true", "false"],
  "v uuid": ["null", "'00000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000001'"],
  "v text": ["null", "''", "' '", "'a'", "'a '", "'A'", "'0'", String.raw`U&'\00e9'`, String.raw`U&'e\0301'`],
  "v varchar": ["null", "''", "' '", "'a'", "'a '", "'A'", "'0'"],
  "v varchar(3)": ["null", "''", "'a'", "'a '"],
  "v bpchar": ["null", "''", "' '", "'a'", "'a '", "'a  '", "'é'", "'é '"],
  "v char(3)": ["null", "''", "'a'", "'A'", "' a'", "'é'", "'éa'"],
  "v numeric": [
    ...["null", "0", "0.0", "1", "-1", "1.0", "1.00", "10", "'NaN'", "'Infinity'", "'-Infinity'"],
    ...["1e40", "1e-40", "12345678901234567890.1", "12345678901234567890.10"],
  ],
  "v float4": ["null", "'0'", "'-0'", "1", "-1", "'NaN'", "'Infinity'", "'-Infinity'", "1e-45", "0.1"],
  "v float8": [
    "null",
    "'0'",
    "'-0'",
    "1",
    "-1",
    "'NaN'",
    "'Infinity'",
    "'-Infinity'",
    "5e-324",
    "0.1",
    "0.3",
  ],
  "w float8": ["0.3", "0.30000000000000004"],
  "v date": ["null", "'2000-01-01'", "'2000-01-02'", "'infinity'", "'-infinity'", "'4714-11-24 BC'"],
  "v timestamp": [
    ...["null", "'2000-01-01'", "'2000-01-01 00:00:00.000001'", "'1999-12-31 23:59:59.999999'", "'infinity'"],
    ...["'-infinity'", "timestamp '2000-01-01' + 4294967297 * interval '1 microsecond'"],
  ],
  "v timestamptz": ["null", "'2000-01-01Z'", "'2000-01-01 00:00:00.000001Z'", "'infinity'", "'-infinity'"],
  "v time": ["null", "'00:00'", "'24:00'", "'00:00:00.000001'"],
  "v timetz": ["null", "'12:00+00'", "'13:00+01'"],
  "v interval": ["null", "'1 day'", "'24 hours'", "'30 days'", "'1 month'", "'0'"],
  "v bytea": ["null", "''", String.raw`'\x00'`, String.raw`'\x0000'`, "'a'"],
  "v json": ["null", "'null'", "'{}'", "'{ }'", `'{"a":1}'`, `'{"a":1,"a":1}'`],
  "v jsonb": [
    "null",
    "'null'",
    "'{}'",
    "'[]'",
    "'1'",
    "'1.0'",
    "'-1'",
    `'{"a":1.0}'`,
    `'{"a":1.00}'`,
    `'"1"'`,
  ],
  "v int4[]": ["null", "'{}'", "'{1,2}'", "'[0:1]={1,2}'", "'{{1,2}}'", "'{null}'"],
  "v inet": ["null", "'10.0.0.1'", "'10.0.0.1/8'", "'10.0.0.0/8'"],
  "v pg_catalog.name": ["null", "''", "'a'", "'A'"],
  // One value in another column, or the values of two columns exchanged.
  ...Object.fromEntries(
    Object.entries({
      int2: ["1", "2"],
      int4: ["1", "2"],
      int8: ["1", "2"],
      oid: ["1", "2"],
      bool: ["true", "false"],
      text: ["'x'", "'y'"],
      varchar: ["'x'", "'y'"],
      "char(3)": ["'x'", "'y'"],
      uuid: ["'00000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000001'"],
      numeric: ["1", "2"],
      float4: ["'0'", "'1'"],
      float8: ["'0'", "'1'"],
      json: ["'1'", "'2'"],
      jsonb: ["'1'", "'2'"],
      date: ["'2000-01-01'", "'2000-01-02'"],
      timestamp: ["'2000-01-01'", "'2000-01-02'"],
      timestamptz: ["'2000-01-01'", "'2000-01-02'"],
      bytea: ["'x'", "'y'"],
      interval: ["'1 day'", "'2 days'"],
    }).map(([type, [x, y]]) => [
      `a ${type}, b ${type}`,
      ["null, null", `${x}, null`, `null, ${x}`, `${x}, ${x}`, `${x}, ${y}`, `${y}, ${x}`, `${y}, ${y}`],
    ]),
  ),
};

const lists = Object.entries(cases).map(([columns, rows], index) => ({ table: `h${index}`, columns, rows }));

/** By server and table, the hashes of the rows in their order. */
const hashes = { neon: new Map<string, string[]>(), rds: new Map<string, string[]>() };
/** By server and table, the sum of the hashes before and after two rows exchange the values of one column. */
const exchanged = { neon: ["", ""], rds: ["", ""] };

beforeAll(async () => {
  await using sandbox = await startSandbox({
    directory: extraSandboxDirectory("row-hash"),
    environment: processEnvironment(),
    majors: { neon: 14, rds: 18 },
  });
  await using pair = await createPair(sandbox, { neon: "empty", rds: "empty" });
  for (const side of ["neon", "rds"] as const) {
    const { hostname, port, pathname, username, password } = new URL(pair[side].adminUrl);
    const endpoint = {
      system: side,
      host: hostname,
      port: Number(port),
      database: decodeURIComponent(pathname.slice(1)),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      tls: { mode: "disable" },
      notes: [],
    } as const;
    await using session = await openSession(endpoint, { failure: "source" });
    for (const { table, columns, rows } of lists) {
      await session.query(`create table public.${table} (${columns}, zz_row int)`);
      for (const [row, values] of rows.entries()) {
        await session.query(`insert into public.${table} values (${values}, ${row})`);
      }
    }
    await session.query("create table public.exchange (id int8, a text, b char(9), c timestamptz, d int)");
    await session.query(
      "insert into public.exchange values (1, 'x', 'x', '2000-01-01', 1), (2, 'y', 'y', '2000-01-02', 2)",
    );
    const tables = await listDataTables(session);
    const columnsOf = (name: string) => tables.find((table) => table.name === name)?.columns ?? [];
    for (const { table } of lists) {
      const columns = columnsOf(table).filter(({ name }) => name !== "zz_row");
      const found = await session.query<{ hash: string }>(
        `select ${rowHashes[0].ofRow("t", columns)}::text as hash from public.${table} as t order by zz_row`,
      );
      hashes[side].set(
        table,
        found.map(({ hash }) => hash),
      );
    }
    const sum = async () => {
      const { hash } = await session.one<{ hash: string }>(
        `select pg_catalog.sum(${rowHashes[0].ofRow("t", columnsOf("exchange"))})::text as hash from public.exchange as t`,
      );
      return hash;
    };
    const sums = [await sum()];
    for (const name of ["a", "b", "c", "d"]) {
      await session.query(
        `update public.exchange as t set ${name} = o.${name} from public.exchange as o where o.id <> t.id`,
      );
      sums.push(await sum());
      await session.query(
        `update public.exchange as t set ${name} = o.${name} from public.exchange as o where o.id <> t.id`,
      );
    }
    exchanged[side] = sums;
  }
});

test.each(lists)("rows of ($columns) that differ as text have other hashes", ({ table, rows }) => {
  const found = hashes.neon.get(table) ?? [];
  expect(found).toHaveLength(rows.length);
  expect(rows.filter((_, index) => found.indexOf(found[index] ?? "") !== index)).toEqual([]);
});

test.each(lists)("PostgreSQL 14 and 18 have the same hashes of ($columns)", ({ table }) => {
  expect(hashes.rds.get(table)).toEqual(hashes.neon.get(table));
});

test("the sum differs after two rows exchange the values of one column", () => {
  expect(new Set(exchanged.neon).size).toBe(5);
  expect(exchanged.rds).toEqual(exchanged.neon);
});
