/** Rows are loaded while pg_dump writes the dump. A failure on one side ends the work on the other side, and leaves nothing. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tcpProxy } from "@pilot-light/sandbox/postgres/tcp-proxy";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { processesOf, signalWhen, until } from "./processes.ts";
import { clientPrograms, contentOf, leftFiles, sync } from "./support.ts";
import { expectRefusal, footprint, neonUrl, superuserOnRds } from "./untouched.ts";

const run = ["neon-to-rds", "--yes"];
const state = "target-unchanged";

/** 12 MB that do not compress. The name sorts behind the other tables: pg_dump dumps them in this order. */
const manyBytes = `create table public.zz_blobs as
  select n, (select string_agg(sha256((n || ':' || i)::text::bytea), '') from generate_series(1, 32) i) as bytes
    from generate_series(1, 12000) n`;

async function bigPair(): Promise<Pair> {
  const pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  await pair.query("neon", manyBytes);
  return pair;
}

/** A line to the source that stops in the middle of the dump, so that the dump lasts until the line is closed. */
async function slowSource(pair: Pair) {
  const { state } = testSandbox();
  const line = await tcpProxy(state.neon.port);
  line.stallAfter(4_000_000, "to the client");
  const env = { NEON_DATABASE_URL: neonUrl(pair, (url) => (url.port = String(line.port))) };
  return { ...line, env };
}

/** Whether rows are being loaded into a staging database of the pair. */
async function isLoading(pair: Pair): Promise<boolean> {
  await using admin = await superuserOnRds("postgres");
  const { rowCount } = await admin.client.query(
    "select from pg_stat_progress_copy where command = 'COPY FROM' and starts_with(datname, $1) and tuples_processed > 0",
    [`${pair.rds.database}__pl_staging`],
  );
  return rowCount !== 0;
}

/** Client programs whose pg_dump is a shell script; `$real` is the real one. */
async function programsWith(pair: Pair, script: string): Promise<Record<string, string>> {
  const { directory } = await clientPrograms();
  const own = join(pair.env.HOME ?? "", "programs");
  await mkdir(own);
  const write = async (name: string, lines: string) => {
    await writeFile(join(own, name), `#!/bin/bash\nreal=${directory}/${name}\n${lines}\n`);
    await chmod(join(own, name), 0o755);
  };
  await write("pg_dump", `if [ "$1" = --version ]; then exec "$real" "$@"; fi\n${script}`);
  await write("pg_restore", 'exec "$real" "$@"');
  return { PILOT_LIGHT_PG_BIN: own };
}

test.concurrent("rows that the target rejects end the dump", async () => {
  await using pair = await bigPair();
  // Works for applications, whose search_path contains public; a restore has none.
  await pair.query("neon", "create table public.limits as select 1000 as highest");
  await pair.query(
    "neon",
    "create function public.fits(n int) returns bool language plpgsql as 'begin return n <= (select highest from limits); end'",
  );
  await pair.query("neon", "create domain public.small as int check (public.fits(value))");
  await pair.query("neon", "set search_path = public; create table public.aa as select 1::public.small as n");
  const before = await footprint(pair);
  await using source = await slowSource(pair);
  const says = ["limits", "does not exist", '"aa"'];
  const { env } = source;
  await expectRefusal(pair, before, run, { exit: 6, code: "RESTORE_FAILED", says, state }, { env });
  expect(await processesOf(pair)).toEqual([]);
});

test.concurrent("a source that ends while its rows are loaded", async () => {
  await using pair = await bigPair();
  const before = await footprint(pair);
  const source = await slowSource(pair);
  const { env } = source;
  void until(() => isLoading(pair)).then(() => source[Symbol.asyncDispose]());
  const failure = { exit: 5, code: "DUMP_FAILED", says: ["pg_dump of neon failed"], state } as const;
  await expectRefusal(pair, before, run, failure, { env });
  expect(await processesOf(pair)).toEqual([]);
});

test.concurrent("a disk that is full during the dump", async () => {
  await using pair = await bigPair();
  const before = await footprint(pair);
  // A limit on the size of a file stands in for the full disk. Without the signal of the limit, a write fails as on a full disk.
  const env = await programsWith(
    pair,
    `case "$*" in *--snapshot=*) trap '' XFSZ; ulimit -f 3000;; esac; exec "$real" "$@"`,
  );
  const says = ["could not write", "File too large"];
  await expectRefusal(
    pair,
    before,
    [...run, "--no-target-backup"],
    { exit: 5, code: "DUMP_FAILED", says, state },
    { env },
  );
  expect(await processesOf(pair)).toEqual([]);
});

test.concurrent("an archive that ends within its rows, although pg_dump reported success", async () => {
  await using pair = await bigPair();
  const before = await footprint(pair);
  const env = await programsWith(
    pair,
    `case "$*" in *--snapshot=*) ;; *) exec "$real" "$@";; esac
     args=(); for arg; do case "$arg" in --file=*) file="\${arg#--file=}"; args+=("--file=$file.whole");; *) args+=("$arg");; esac; done
     "$real" "\${args[@]}" && head -c 6000000 "$file.whole" > "$file"; code=$?; rm -f "$file.whole"; exit $code`,
  );
  await expectRefusal(
    pair,
    before,
    [...run, "--no-target-backup"],
    { exit: 6, code: "RESTORE_FAILED", says: ["could not read from input file"], state },
    { env },
  );
});

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  test.concurrent(`${signal} while pg_dump writes and rows load`, async () => {
    await using pair = await bigPair();
    const before = await footprint(pair);
    await using source = await slowSource(pair);
    const { exitCode, stderr } = await sync(pair, run, {
      env: source.env,
      onStart: signalWhen(() => isLoading(pair), signal),
    });
    if (signal === "SIGINT") {
      expect(exitCode, stderr).toBe(130);
      expect(await leftFiles(pair)).toEqual([]);
      expect(await processesOf(pair)).toEqual([]);
    }
    await source[Symbol.asyncDispose]();
    await until(async () => (await processesOf(pair)).length === 0);
    if (signal === "SIGINT") expect(await footprint(pair)).toEqual(before);
    const next = await sync(pair, run);
    expect(next.exitCode, next.stderr).toBe(0);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
    expect(await leftFiles(pair)).toEqual([]);
  });
}
