/** The sandbox's servers, roles and seeds, on which the tests of other packages rely. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processEnvironment } from "@pilot-light/core/config/env";
import { findClientPrograms } from "@pilot-light/core/postgres/programs";
import { run } from "@pilot-light/core/process";
import { createAuthority } from "@pilot-light/sandbox/certificates";
import {
  bypassRole,
  createPair,
  databaseText,
  neonHost,
  ownerRoles,
  rdsHost,
  sandboxPassword,
  sides,
  startSandbox,
  type Pair,
  type Seed,
  type Side,
} from "@pilot-light/sandbox/testing";
import { extraSandboxDirectory, testSandbox } from "@pilot-light/sandbox/vitest";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

const sandbox = testSandbox();
const own = processEnvironment();
const pairs: Pair[] = [];
let temporary: string;
let directory: string;
let pgDump: string;
let pgRestore: string;

async function makePair(neon: Seed, rds: Seed, rdsBypassRls = false): Promise<Pair> {
  const pair = await createPair(sandbox, { neon, rds, rdsBypassRls });
  pairs.push(pair);
  return pair;
}

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "pilot-light-servers-"));
  const [client] = await findClientPrograms(own);
  if (client === undefined) throw new Error("pg_dump is not installed");
  ({ directory, pgDump, pgRestore } = client);
});

afterAll(async () => {
  await rm(temporary, { recursive: true, force: true });
});

afterEach(async () => {
  for (const pair of pairs.splice(0)) await pair.dispose();
});

describe("TLS", () => {
  const psql = (side: Side, variables: Record<string, string>) =>
    run(
      join(directory, "psql"),
      ["--no-psqlrc", "-Atc", "select ssl from pg_stat_ssl where pid = pg_backend_pid()"],
      {
        environment: {
          PATH: own.PATH,
          PGHOST: side === "neon" ? neonHost : rdsHost(sandbox.state.project),
          PGHOSTADDR: "127.0.0.1",
          PGPORT: String(sandbox.state[side].port),
          PGDATABASE: sandbox.state[side].database,
          PGUSER: ownerRoles[side],
          PGPASSWORD: sandboxPassword,
          PGSSLROOTCERT: sandbox.state.caFile,
          ...variables,
        },
      },
    );

  test.each(sides)("%s is verified in full, with channel binding", async (side) => {
    const result = await psql(side, { PGSSLMODE: "verify-full", PGCHANNELBINDING: "require" });
    expect(result).toEqual({ exitCode: 0, stdout: "t", stderr: [] });
  });

  test.each([
    ["neon", neonHost.replace(".", "-pooler.")],
    ["rds", "other-db.sandbox0.us-east-1.rds.amazonaws.com"],
  ] as const)("%s is refused under another name", async (side, host) => {
    const result = await psql(side, { PGSSLMODE: "verify-full", PGHOST: host });
    expect(result.exitCode).toBe(2);
    expect(result.stderr.join("\n")).toContain(`does not match host name "${host}"`);
  });

  test("a certificate of another authority is refused", async () => {
    const caFile = join(temporary, "other-ca.pem");
    await writeFile(caFile, (await createAuthority()).cert);
    const result = await psql("neon", { PGSSLMODE: "verify-full", PGSSLROOTCERT: caFile });
    expect(result.exitCode).toBe(2);
    expect(result.stderr.join("\n")).toContain("certificate verify failed");
  });

  test.each(sides)("%s accepts connections without TLS", async (side) => {
    expect(await psql(side, { PGSSLMODE: "disable" })).toMatchObject({ exitCode: 0, stdout: "f" });
  });

  test("a wrong password is refused", async () => {
    const result = await psql("neon", {
      PGSSLMODE: "verify-full",
      PGPASSWORD: sandboxPassword.trimEnd() + "x",
    });
    expect(result.stderr.join("\n")).toContain("password authentication failed");
  });
});

describe("roles", () => {
  test.each([
    ["neon", ownerRoles.neon, true],
    ["rds", ownerRoles.rds, false],
    ["rds", bypassRole, true],
  ] as const)("%s: %s may create databases and roles, and is not a superuser", async (side, role, bypass) => {
    const pair = await makePair("empty", "empty");
    const rows = await pair.query(
      side,
      `select rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, pg_has_role(rolname, 'pg_signal_backend', 'usage') as signals
       from pg_roles where rolname = $1`,
      [role],
    );
    expect(rows).toEqual([
      { rolsuper: false, rolcreatedb: true, rolcreaterole: true, rolbypassrls: bypass, signals: true },
    ]);
  });
});

describe("seeds", () => {
  test.each([
    ["app", "neon", false],
    ["app", "rds", false],
    ["stale", "neon", false],
    ["stale", "rds", false],
    ["awkward", "neon", true],
    ["awkward", "rds", true],
  ] as const)("%s on %s survives a dump and a restore to the other side", async (seed, source, bypass) => {
    const target = source === "neon" ? "rds" : "neon";
    const seeds: Record<Side, Seed> = { neon: "empty", rds: "empty", [source]: seed };
    const pair = await makePair(seeds.neon, seeds.rds, bypass);
    const dump = join(pair.env.TMPDIR ?? "", "dump");
    const environment = { PATH: own.PATH };
    const dumped = await run(pgDump, ["-Fc", `--file=${dump}`, `--dbname=${pair[source].url}`], {
      environment,
    });
    expect(dumped).toMatchObject({ exitCode: 0, stderr: [] });
    const options = ["--exit-on-error", "--no-owner", "--no-acl", "--jobs=2"];
    const restored = await run(pgRestore, [...options, `--dbname=${pair[target].url}`, dump], {
      environment,
    });
    expect(restored).toMatchObject({ exitCode: 0, stderr: [] });

    const expected = await databaseText(pair[source].adminUrl, pgDump);
    expect(expected.length).toBeGreaterThan(300_000);
    expect(await databaseText(pair[target].adminUrl, pgDump)).toBe(expected);
  });

  test("two loads of one seed are equal", async () => {
    const first = await makePair("awkward", "awkward", true);
    expect(await databaseText(first.neon.adminUrl, pgDump)).toBe(
      await databaseText(first.rds.adminUrl, pgDump),
    );
  });

  test("belong to the role that the tools use", async () => {
    for (const pair of [await makePair("app", "app"), await makePair("awkward", "awkward", true)]) {
      for (const side of sides) {
        const owners = await pair.query(
          side,
          `select distinct relowner::regrole::text as owner from pg_class
           where relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)`,
        );
        expect(owners).toEqual([{ owner: pair[side].role }]);
      }
    }
  });

  test("a role without BYPASSRLS cannot read all rows of the awkward seed", async () => {
    const pair = await makePair("empty", "awkward");
    const result = await run(pgDump, [`--dbname=${pair.rds.url}`], { environment: { PATH: own.PATH } });
    expect(result.exitCode).toBe(1);
    expect(result.stderr.join("\n")).toContain("row-level security");
  });
});

describe("a pair", () => {
  test("leaves nothing behind, not even databases that a sync has created", async () => {
    const pair = await createPair(sandbox, { neon: "app", rds: "stale" });
    await pair.query("rds", `create database ${pair.rds.database}_staging`);
    await using session = await pair.connect("rds", "application");
    await session.client.query("begin");
    const elsewhere = await makePair("empty", "empty");
    await pair.dispose();
    for (const side of sides) {
      const left = await elsewhere.query(side, "select datname from pg_database where datname like $1", [
        `%${pair.project.slice(2)}%`,
      ]);
      expect(left).toEqual([]);
    }
    await expect(session.client.query("select 1")).rejects.toThrow();
  });
});

describe("a server newer than pg_dump", () => {
  test("can be started, with the same data", async () => {
    const version = await run(pgDump, ["--version"], { environment: own });
    const major = Number(/ (\d+)/.exec(version.stdout)?.[1]) + 1;
    const newer = await startSandbox({
      directory: extraSandboxDirectory("newer"),
      environment: own,
      majors: { neon: major },
      seed: "awkward",
    });
    try {
      const pair = await createPair(newer, { neon: "awkward", rds: "app" });
      const [row] = await pair.query(
        "neon",
        "select current_setting('server_version_num')::int / 10000 as major",
      );
      expect(row).toEqual({ major });
      const result = await run(pgDump, [`--dbname=${pair.neon.url}`], { environment: { PATH: own.PATH } });
      expect(result.exitCode).toBe(1);
      expect(result.stderr.join("\n")).toContain("server version mismatch");
    } finally {
      await newer.stop();
    }
  });
});
