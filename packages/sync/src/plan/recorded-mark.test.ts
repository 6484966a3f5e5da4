import { expect, test } from "vitest";
import { recordedMark } from "./recorded-mark.ts";

const mark = { excludeTableData: ["events"] };
const neon = { system: "neon", host: "n", name: "app", serverVersion: "16.4", oid: 1 } as const;
const rds = { system: "rds", host: "r", name: "app", oid: 2, mark } as const;
const createdAt = "2026-11-22T09:30:00.000Z";
const endpoint = { system: "rds", host: "r" } as const;

test("the newest manifest states the mark of a database by its OID", () => {
  expect(recordedMark({ createdAt, database: neon, target: rds }, endpoint, { oid: 2 })).toEqual(mark);
  expect(
    recordedMark({ createdAt, database: { ...rds, serverVersion: "16.4" }, target: neon }, endpoint, {
      oid: 2,
    }),
  ).toEqual(mark);
});

test("another database has no mark: after an undo, on another server, or where no OID was recorded", () => {
  const { oid, ...without } = rds;
  expect(recordedMark({ createdAt, database: neon, target: rds }, endpoint, { oid: 3 })).toBeUndefined();
  expect(
    recordedMark({ createdAt, database: neon, target: rds }, { ...endpoint, host: "other" }, { oid }),
  ).toBeUndefined();
  expect(recordedMark({ createdAt, database: neon, target: without }, endpoint, { oid })).toBeUndefined();
  expect(recordedMark({ createdAt, database: neon }, endpoint, { oid: 2 })).toBeUndefined();
});

test("a database whose contents were replaced in place since has no mark, although its OID is the same", () => {
  const manifest = { createdAt, database: neon, target: rds };
  const replaced = (at: string) =>
    recordedMark(manifest, endpoint, { oid: 2, inPlace: { at, backup: "rds-dumps/x.dump" } });
  expect(replaced("2026-11-22T09-29-30")).toEqual(mark);
  expect(replaced("2026-11-22T09-30-01")).toBeUndefined();
});
