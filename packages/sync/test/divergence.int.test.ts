/** The tables of either database that have changed since the last sync. */
import { PassThrough } from "node:stream";
import type { WriteStream } from "node:tty";
import { Printer } from "@pilot-light/core/output/printer";
import { processEnvironment } from "@pilot-light/core/config/env";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { readDivergence, type Divergence } from "@pilot-light/sync/divergence";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { Workbench } from "./databases.ts";
import { keysOf, objectOf, s3, sync } from "./support.ts";

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

test("before the first sync, nothing is known about changes", async () => {
  expect(await readNow()).toMatchObject({ last: null, neon: { changed: null }, rds: { changed: null } });
});

test("after a sync, neither database has changed", async () => {
  const { exitCode, stderr } = await sync(pair, ["neon-to-rds", "--yes"]);
  expect(exitCode, stderr).toBe(0);
  copied = await readNow();
  expect(copied).toMatchObject({
    last: { direction: "neon-to-rds", archive: expect.stringContaining("/neon-dumps/") as string },
    neon: { changed: [] },
    rds: { changed: [] },
  });
});

test.each(["records", "texts"] as const)(
  "a manifest of an earlier version is compared by %s",
  async (way) => {
    const key = (await keysOf(pair)).find((name) => /neon-dumps.*manifest/.test(name)) ?? "";
    const written = Buffer.from(await objectOf(pair, key)).toString();
    const manifest = JSON.parse(written) as { verified: { tables: Record<string, { hash: string }> } };
    const { tables } = manifest.verified;
    const put = (Body: string) =>
      s3(pair).send(new PutObjectCommand({ Bucket: pair.bucket, Key: key, Body }));
    expect(Object.values(tables).map(({ hash }) => hash)).toEqual(
      Object.values(tables).map(() => expect.stringMatching(/^columns:-?\d+$/) as string),
    );
    await using bench = await Workbench.open(pair, "neon");
    const earlier = Object.fromEntries((await bench.readAs(way, pair.neon.database)).tables);
    const pattern = { records: /^records:-?\d+$/, texts: /^-?\d+$/ }[way];
    for (const { hash } of Object.values(earlier)) expect(hash).toMatch(pattern);
    await put(JSON.stringify({ ...manifest, verified: { ...manifest.verified, tables: earlier } }));
    expect(await readNow()).toMatchObject({ neon: { changed: [] }, rds: { changed: [] } });
    const table = Object.keys(earlier)[0] ?? "";
    const others = {
      ...earlier,
      [table]: { ...earlier[table], hash: `${way === "records" ? "records:" : ""}1` },
    };
    await put(JSON.stringify({ ...manifest, verified: { ...manifest.verified, tables: others } }));
    expect((await readNow()).neon.changed).toEqual([expect.stringContaining(`${table}: `)]);
    await put(written);
  },
);

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

test("a restore does not count as a sync: both databases are still compared with the last sync", async () => {
  const keys = (await keysOf(pair)).filter((key) => key.endsWith(".dump"));
  const [archive = "", backup = ""] = keys;
  for (const [key, isEqual] of [
    [backup, false],
    [archive, true],
  ] as const) {
    const { exitCode, stderr } = await sync(pair, ["restore", key, "--to", "rds", "--yes", "--allow-shrink"]);
    expect(exitCode, stderr).toBe(0);
    const { last, rds } = await readNow();
    expect(last).toEqual(copied.last);
    expect(rds.oid).not.toBe(copied.rds.oid);
    expect(rds.changed?.length === 0, key).toBe(isEqual);
  }
});

test("after an undo, RDS has another database", async () => {
  const { exitCode, stderr } = await sync(pair, ["undo", "rds", "--yes"]);
  expect(exitCode, stderr).toBe(0);
  const { rds } = await readNow();
  expect(rds.oid).not.toBe(copied.rds.oid);
  expect(rds.changed).not.toEqual([]);
});

test("syncs of another database in Neon do not count", async () => {
  const url = pair.env["NEON_DATABASE_URL"] ?? "";
  const other = url.replace(`/${pair.neon.database}?`, "/postgres?");
  expect(await readNow({ NEON_DATABASE_URL: other })).toMatchObject({
    last: null,
    neon: { database: "postgres" },
  });
});
