/** With --yes, the dump of the source begins before the plan is complete. If the plan is not carried out, nothing of the dump remains. */
import { mkdtemp, readdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Printer } from "@pilot-light/core/output/printer";
import { processEnvironment } from "@pilot-light/core/config/env";
import { createPair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { performSync } from "@pilot-light/sync/sync";
import { expect, test, vi } from "vitest";
import { processesOf, until } from "./processes.ts";
import { withProgram } from "./refusal-cases.ts";
import { footprint } from "./untouched.ts";

test("a dump that has begun ends if the plan is not carried out", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const before = await footprint(pair);
  const directory = await mkdtemp(join(pair.env.TMPDIR ?? "", "early-"));
  const started = join(directory, "started");
  const commands = `touch '${started}' && sleep 600`;
  const program = { program: "pg_dump", call: "*source.dump*", commands } as const;
  const environment = { ...processEnvironment(), ...pair.env, ...(await withProgram({ pair }, program)) };
  // The SDK reads these itself.
  for (const [name, value] of Object.entries(pair.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, value);
  vi.stubEnv("TMPDIR", directory);
  const printer = new Printer({ environment, verbose: false, json: true, color: false });
  const context = { environment, printer, signal: new AbortController().signal };
  const options = { yes: true, verify: "checksums", jobs: 2, targetBackup: true } as const;
  const outputs = { file: pair.outputsFile };
  const syncing = performSync("neon-to-rds", { ...options, outputs }, context, async () => {
    await until(() => existsSync(started));
    throw new Error("declined");
  });
  await expect(syncing).rejects.toThrow("declined");
  vi.unstubAllEnvs();
  expect(await processesOf(pair)).toEqual([]);
  expect(await readdir(directory)).toEqual(["started"]);
  const sessions = `select application_name from pg_stat_activity where datname = '${pair.neon.database}' and application_name like 'pilot-light%'`;
  expect(await pair.query("neon", sessions)).toEqual([]);
  expect(await footprint(pair)).toEqual(before);
});
