/** Passwords with special characters of some layer: they work, and are visible nowhere. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPair, sandboxPassword } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { passwordForms } from "@pilot-light/sandbox/secret-watch";
import { expect, test } from "vitest";
import { processesOf } from "./processes.ts";
import { pausedAtUpload } from "./proxies.ts";
import { allKeysOf, clientPrograms, contentOf, leftFiles, objectOf, sync } from "./support.ts";

/** Programs that record their arguments and their environment when they start, and then run the real ones. */
async function recordingPrograms(): Promise<
  { directory: string; records: () => Promise<string[]> } & AsyncDisposable
> {
  const directory = await mkdtemp(join(tmpdir(), "pilot-light-recording-"));
  const log = join(directory, "log");
  const { pgDump, pgRestore } = await clientPrograms();
  for (const [name, program] of [
    ["pg_dump", pgDump],
    ["pg_restore", pgRestore],
  ] as const) {
    const record = `{ echo "${name} $*"; env; printf '\\0'; } >> "${log}"`;
    await writeFile(join(directory, name), `#!/bin/sh\n${record}\nexec "${program}" "$@"\n`, { mode: 0o755 });
  }
  return {
    directory,
    records: async () => (await readFile(log, "utf8")).split("\0").slice(0, -1),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

test("no argument, no environment of a program, no remaining file and no output contains the password", async () => {
  expect(sandboxPassword).toMatch(/^(?=.*:)(?=.*@)(?=.*\/)(?=.*%)(?=.*')(?=.*")(?=.*\\)(?=.*\$)(?=.* )/);
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  await using aws = await pausedAtUpload(pair);
  await using programs = await recordingPrograms();
  const commands = new Set<string>();
  const syncing = sync(pair, ["neon-to-rds", "--yes", "--verbose", "--json"], {
    env: { AWS_ENDPOINT_URL: aws.url, PILOT_LIGHT_PG_BIN: programs.directory },
  });
  const ended = syncing.then(() => true);
  const sampling = (async () => {
    for (let done = false; !done; done = await Promise.race([ended, sleep(5, false)])) {
      for (const { command } of await processesOf(pair)) commands.add(command);
    }
  })();

  await Promise.race([aws.reached, syncing]);
  const temporary = pair.env.TMPDIR ?? "";
  const [work = ""] = await readdir(temporary);
  expect((await stat(join(temporary, work))).mode & 0o777).toBe(0o700);
  const passFiles = (await readdir(join(temporary, work), { recursive: true })).filter((name) =>
    name.endsWith("pgpass"),
  );
  expect(passFiles).toHaveLength(2);
  for (const name of passFiles) expect((await stat(join(temporary, work, name))).mode & 0o777).toBe(0o600);
  aws.goOn();

  const transcript = await syncing;
  await sampling;
  expect(transcript.exitCode, transcript.stderr).toBe(0);
  const records = await programs.records();
  const names = records.map((record) => /^\S+/.exec(record)?.[0]);
  expect(new Set(names)).toEqual(new Set(["pg_dump", "pg_restore"]));
  const stored = await Promise.all(
    (await allKeysOf(pair)).filter((key) => key.endsWith(".json")).map((key) => objectOf(pair, key)),
  );
  // The manifests of both dumps, and the record of the run.
  expect(stored).toHaveLength(3);
  const texts = {
    arguments: [...commands],
    programs: records,
    output: [transcript.stdout, transcript.stderr],
    manifests: stored.map((bytes) => Buffer.from(bytes).toString()),
  };
  for (const [where, all] of Object.entries(texts)) {
    const showing = all.filter((text) => passwordForms.some((form) => text.includes(form)));
    expect(showing, where).toEqual([]);
  }
  expect(await leftFiles(pair)).toEqual([]);
});

test("variables of libpq in the shell do not change what a sync does", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "empty" });
  const env = {
    PGHOST: "nowhere.invalid",
    PGPORT: "1",
    PGUSER: "nobody",
    PGPASSWORD: "wrong",
    PGDATABASE: "nothing",
    PGSSLMODE: "disable",
    PGOPTIONS: "-c default_transaction_read_only=on -c search_path=pg_temp -c statement_timeout=1ms",
    PGTZ: "Asia/Tokyo",
    PGDATESTYLE: "German",
    LC_ALL: "de_DE.UTF-8",
  };
  const transcript = await sync(pair, ["neon-to-rds", "--yes"], { env });
  expect(transcript.exitCode, transcript.stderr).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
});
