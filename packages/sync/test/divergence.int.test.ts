/** What was written to either database since the last copy, by table. */
import { PassThrough } from "node:stream";
import type { WriteStream } from "node:tty";
import { Printer } from "@pilot-light/core/output/printer";
import { processEnvironment } from "@pilot-light/core/config/env";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { readDivergence, type Divergence } from "@pilot-light/sync/divergence";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { sync } from "./support.ts";

let pair: Pair;
let copied: Divergence;

async function readNow(env: Record<string, string> = {}): Promise<Divergence> {
  const environment = { ...processEnvironment(), ...pair.env, ...env };
  // The SDK reads these itself.
  for (const [name, value] of Object.entries(pair.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, value);
  const stderr = Object.assign(new PassThrough(), { isTTY: false }) as unknown as WriteStream;
  const printer = new Printer({ environment, verbose: false, json: true, color: false, stderr });
  const context = { environment, printer, signal: new AbortController().signal };
  return await readDivergence({ outputs: { file: pair.outputsFile } }, context);
}

beforeAll(async () => {
  pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
});
afterAll(() => pair.dispose());

test("before the first copy there is nothing to compare with", async () => {
  expect(await readNow()).toMatchObject({ last: null, neon: { changed: null }, rds: { changed: null } });
});

test("after a copy neither database has changed", async () => {
  const { exitCode, stderr } = await sync(pair, ["neon-to-rds", "--yes"]);
  expect(exitCode, stderr).toBe(0);
  copied = await readNow();
  expect(copied).toMatchObject({
    last: { direction: "neon-to-rds", archive: expect.stringContaining("/neon-dumps/") as string },
    neon: { changed: [] },
    rds: { changed: [] },
  });
});

test("new, changed and deleted rows are reported by table and side", async () => {
  await pair.query("rds", "delete from public.projects where id = (select max(id) from public.projects)");
  await pair.query(
    "neon",
    "update public.users set display_name = display_name || '!' where id = (select id from public.users limit 1)",
  );
  const { neon, rds } = await readNow();
  expect(rds.changed).toEqual(
    expect.arrayContaining([expect.stringMatching(/^public\.projects: \d+ -> \d+ rows$/)]),
  );
  expect(neon.changed).toEqual([expect.stringMatching(/^public\.users: \d+ rows, with other values$/)]);
});

test("after an undo RDS has another database", async () => {
  const { exitCode, stderr } = await sync(pair, ["undo", "rds", "--yes"]);
  expect(exitCode, stderr).toBe(0);
  const { rds } = await readNow();
  expect(rds.oid).not.toBe(copied.rds.oid);
  expect(rds.changed).not.toEqual([]);
});

test("copies of another database in Neon do not count", async () => {
  const url = pair.env["NEON_DATABASE_URL"] ?? "";
  const other = url.replace(`/${pair.neon.database}?`, "/postgres?");
  expect(await readNow({ NEON_DATABASE_URL: other })).toMatchObject({
    last: null,
    neon: { database: "postgres" },
  });
});
