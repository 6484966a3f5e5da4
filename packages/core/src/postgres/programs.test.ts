import { expect, test } from "vitest";
import { installCommand } from "./install-command.ts";
import { chooseClientPrograms, newestPgDumpFor, type ClientPrograms } from "./programs.ts";

function installed(...majors: number[]): ClientPrograms[] {
  return majors.map((major) => ({
    directory: `/pg/${major}`,
    pgDump: `/pg/${major}/pg_dump`,
    pgRestore: `/pg/${major}/pg_restore`,
    major,
    version: `${major}.1`,
  }));
}

test.each([
  { found: [15, 16, 17], dumped: [15], target: 15, chosen: 15, why: "the lowest that reads the source" },
  { found: [17, 16], dumped: [15, 16], target: 16, chosen: 16, why: "the target is dumped as well" },
  { found: [16, 17], dumped: [14], target: 17, chosen: 16, why: "newer ones are no better" },
  { found: [18, 17], dumped: [17, 17], target: 17, chosen: 17, why: "17 understands what 17 writes" },
])("of $found for $dumped onto $target it takes $chosen: $why", ({ found, dumped, target, chosen }) => {
  expect(chooseClientPrograms(installed(...found), dumped, target).major).toBe(chosen);
});

test.each([
  { found: [], code: "PG_DUMP_MISSING", says: /16/ },
  { found: [14, 15], code: "PG_DUMP_TOO_OLD", says: /pg_dump 16 or newer/ },
  // 17 writes `SET transaction_timeout`, at which a server of 16 stops.
  { found: [15, 17], code: "PG_DUMP_TOO_NEW", says: /pg_dump 16 is needed/ },
])("with $found a server of 16 gives $code", ({ found, code, says }) => {
  expect(() => chooseClientPrograms(installed(...found), [16], 16)).toThrow(
    expect.objectContaining({
      code,
      exit: 3,
      message: expect.stringMatching(says) as unknown,
      hint: installCommand(16),
    }),
  );
});

test("a server of 16 or older restores no archive of pg_dump 17", () => {
  expect([14, 16, 17, 18].map(newestPgDumpFor)).toEqual([16, 16, Infinity, Infinity]);
});
