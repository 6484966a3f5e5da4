/**
 * Schemas of real applications, in both directions. The licenses of some schemas do not allow a copy in this repository, so MATRIX_SCHEMAS names
 * a directory of SQL files: `MATRIX_SCHEMAS=<directory> pnpm test:matrix schemas`. psql skips statements that need a missing extension.
 */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { processEnvironment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { clientPrograms, contentOf, documentOf, sync } from "./support.ts";

const directory = processEnvironment()["MATRIX_SCHEMAS"];
const files =
  directory === undefined ? [] : (await readdir(directory)).filter((name) => name.endsWith(".sql"));

/** Inserts two rows of default values into every table that accepts them. */
const someRows = `
  do $$ declare t regclass; begin
    set session_replication_role = replica;
    for t in select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)' loop
      for i in 1..2 loop
        begin execute format('insert into %s default values', t); exception when others then null; end;
      end loop;
    end loop;
  end $$`;

async function load(pair: Pair, file: string): Promise<number> {
  const { directory: bin } = await clientPrograms();
  const environment = { ...processEnvironment(), PGOPTIONS: "-c client_min_messages=warning" };
  const args = ["-X", "-q", "-o", "/dev/null", "-f", file, pair.neon.url];
  let failed = 0;
  await run(join(bin, "psql"), args, {
    environment,
    onStderr: (line) => (failed += line.includes("ERROR:") ? 1 : 0),
  });
  await pair.query("neon", someRows);
  return failed;
}

test("the directory has schemas", () => {
  expect(files).not.toEqual([]);
});

test.each(files)("%s is copied and copied back", async (name) => {
  await using pair = await createPair(testSandbox(), { neon: "empty", rds: "empty", rdsBypassRls: true });
  const failed = await load(pair, join(directory ?? "", name));
  const wanted = await contentOf(pair, "neon");
  const up = await sync(pair, ["neon-to-rds", "--yes", "--json", "--allow-shrink"]);
  expect(up.exitCode, up.stdout).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(wanted);
  const down = await sync(pair, ["rds-to-neon", "--yes", "--json", "--allow-shrink"]);
  expect(down.exitCode, down.stdout).toBe(0);
  expect(await contentOf(pair, "neon")).toBe(wanted);
  const { tables, rows, schemaObjects } = documentOf(up).result ?? {};
  process.stdout.write(
    `${basename(name)}: ${tables} tables, ${rows} rows, ${schemaObjects} objects; ${failed} statements left out\n`,
  );
});
