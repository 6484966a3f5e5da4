import { expect, test } from "vitest";
import { recordedMark } from "./recorded-mark.ts";

const mark = { excludeTableData: ["events"] };
const neon = { system: "neon", host: "n", name: "app", serverVersion: "16.4", oid: 1 } as const;
const rds = { system: "rds", host: "r", name: "app", oid: 2, mark } as const;
const endpoint = { system: "rds", host: "r" } as const;

test("the newest manifest states the mark of a database by its OID", () => {
  expect(recordedMark({ database: neon, target: rds }, endpoint, 2)).toEqual(mark);
  expect(recordedMark({ database: { ...rds, serverVersion: "16.4" }, target: neon }, endpoint, 2)).toEqual(
    mark,
  );
});

test("another database has no mark: after an undo, on another server, or where no OID was recorded", () => {
  const { oid, ...without } = rds;
  expect(recordedMark({ database: neon, target: rds }, endpoint, 3)).toBeUndefined();
  expect(recordedMark({ database: neon, target: rds }, { ...endpoint, host: "other" }, oid)).toBeUndefined();
  expect(recordedMark({ database: neon, target: without }, endpoint, oid)).toBeUndefined();
  expect(recordedMark({ database: neon }, endpoint, 2)).toBeUndefined();
});
