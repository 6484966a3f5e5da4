/** Passwords of characters that some layer treats specially: they work, and are visible nowhere. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { createPair, sandboxPassword } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { processesOf } from "./processes.ts";
import { pausedAtUpload } from "./proxies.ts";
import { allKeysOf, contentOf, leftFiles, objectOf, sync } from "./support.ts";

/** The password as each layer writes it. */
const forms = [
  sandboxPassword,
  encodeURIComponent(sandboxPassword),
  encodeURI(sandboxPassword),
  sandboxPassword.replaceAll(/[\\:]/g, "\\$&"),
  JSON.stringify(sandboxPassword).slice(1, -1),
];

test("no argument, no environment of a program, no file left behind and no output holds the password", async () => {
  expect(sandboxPassword).toMatch(/^(?=.*:)(?=.*@)(?=.*\/)(?=.*%)(?=.*')(?=.*")(?=.*\\)(?=.*\$)(?=.* )/);
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  await using aws = await pausedAtUpload(pair);
  const seen = new Map<string, string>();
  const commands = new Set<string>();
  let command = 0;
  const syncing = sync(pair, ["neon-to-rds", "--yes", "--verbose", "--json"], {
    env: { AWS_ENDPOINT_URL: aws.url },
    onStart: ({ pid = 0 }) => {
      command = pid;
    },
  });
  const ended = syncing.then(() => true);
  const sampling = (async () => {
    let done = false;
    while (!done) {
      for (const { pid, command: line, everything } of await processesOf(pair)) {
        // A process that is about to start a program still looks like the command itself.
        if (pid === command || commands.has(line)) commands.add(line);
        else seen.set(line, everything);
      }
      done = await Promise.race([ended, sleep(5, false)]);
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
  const programs = [...seen.keys()].map((line) => /pg_dump|pg_restore/.exec(line)?.[0] ?? line);
  expect(new Set(programs)).toEqual(new Set(["pg_dump", "pg_restore"]));
  const stored = await Promise.all(
    (await allKeysOf(pair)).filter((key) => key.endsWith(".json")).map((key) => objectOf(pair, key)),
  );
  // The manifests of both dumps, and the record of the run.
  expect(stored).toHaveLength(3);
  const texts = {
    arguments: [...commands, ...seen.keys()],
    environments: [...seen.values()],
    output: [transcript.stdout, transcript.stderr],
    manifests: stored.map((bytes) => Buffer.from(bytes).toString()),
  };
  for (const [where, all] of Object.entries(texts)) {
    const showing = all.filter((text) => forms.some((form) => text.includes(form)));
    expect(showing, where).toEqual([]);
  }
  expect(await leftFiles(pair)).toEqual([]);
});

test("variables of the shell that libpq reads change nothing", async () => {
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
