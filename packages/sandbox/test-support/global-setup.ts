/** Vitest's global set-up for the integration tests: builds the workspace and starts one sandbox for the whole run. */
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { mkdtemp, readdir, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { processEnvironment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";
import { createPair } from "@pilot-light/sandbox/pair";
import { startSandbox, stopSandbox, type Sandbox } from "@pilot-light/sandbox/sandbox";
import { readState } from "@pilot-light/sandbox/state";
import type {} from "@pilot-light/sandbox/vitest";
import type { TestProject } from "vitest/node";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const sandboxBin = join(root, "packages/sandbox/dist/bin.js");

/** Returns the tear-down. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const environment = processEnvironment();
  await build();
  const parent = await mkdtemp(join(tmpdir(), "pilot-light-test-"));
  const directory = join(parent, "sandbox");
  const sandbox = await startSandbox({
    directory,
    environment,
    ecsServiceRunning: 2,
    clusterParent: await memory(),
  });

  // The tear-down does not run when the runner crashes or is interrupted twice. At exit only synchronous work is possible.
  const lastResort = () => {
    for (const name of readdirSync(parent)) {
      spawnSync(process.execPath, [sandboxBin, "down", "--dir", join(parent, name)]);
    }
    rmSync(parent, { recursive: true, force: true });
  };
  process.once("exit", lastResort);

  await saveCode(sandbox);
  project.provide("sandbox", sandbox.state);
  return async () => {
    // Including the sandboxes that tests have started themselves.
    for (const name of await readdir(parent)) {
      const state = await readState(join(parent, name));
      if (state !== undefined) await stopSandbox(state, environment);
    }
    await rm(parent, { recursive: true, force: true });
    process.off("exit", lastResort);
  };
}

/**
 * A directory in memory, if there is enough: every database of a test is a copy of 300 files, which takes three times as much CPU time on a
 * disk. A container may have only 64 MB of shared memory.
 */
async function memory(): Promise<string | undefined> {
  const directory = "/dev/shm";
  const { bavail, bsize } = await statfs(directory).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= 3 * 2 ** 30 ? directory : undefined;
}

/**
 * Saves the code that V8 compiles during a whole sync: tests start a thousand commands, and compile less at each start. The build has no
 * servers, and saves only what runs before the first connection.
 */
async function saveCode(sandbox: Sandbox): Promise<void> {
  await using pair = await createPair(sandbox, { neon: "app", rds: "stale" });
  const compile = join(root, "scripts/compile-bundle.mjs");
  const args = [compile, join(root, "packages/sync/dist"), "neon-to-rds", "--yes", "--json"];
  const { stdout, stderr } = await run(process.execPath, args, { environment: pair.env });
  // The program that saves the code does not fail when the command does.
  if (stdout.includes('"outcome": "synced"')) return;
  throw new Error(`The sync that compiles its code has failed:\n${[stdout, ...stderr].join("\n")}`);
}

/** Builds the workspace and its bundles: integration tests run the programs that people run. */
async function build(): Promise<void> {
  for (const program of [
    ["node_modules/typescript/bin/tsc", "-b"],
    ["scripts/bundle.mjs", "--if-older"],
  ]) {
    const result = await run(process.execPath, program, { environment: processEnvironment(), cwd: root });
    if (result.exitCode === 0) continue;
    const output = [result.stdout, ...result.stderr].join("\n");
    throw new Error(`The workspace could not be built:\n${output}`);
  }
}
