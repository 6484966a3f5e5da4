/** The output of `pnpm validate`, which the documents include: docs/transcripts/validate*.txt. `vitest --update` writes the files. */
import { copyFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { processEnvironment } from "@pilot-light/core/config/env";
import { linesTooLong, transcriptOf } from "@pilot-light/sandbox/transcript";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createEnvironment, type TestEnvironment } from "./support/environment.ts";

const bin = fileURLToPath(new URL("../dist/bin.js", import.meta.url));

/** A path of a fixed length: lines break at the same places on every machine. */
const outputsFile = "/tmp/pilot-light-outputs.json";

let environment: TestEnvironment;
beforeAll(async () => {
  environment = await createEnvironment(testSandbox(), { mode: "pilot-light" });
});
afterAll(async () => {
  await rm(outputsFile, { force: true });
  await environment[Symbol.asyncDispose]();
});

async function expectTranscript(name: string, env: Record<string, string> = {}): Promise<void> {
  const { project, outputs, pair } = environment;
  await copyFile(pair.outputsFile, outputsFile);
  const { PATH, HOME } = processEnvironment();
  const text = await transcriptOf({
    // The age of the newest dump differs each time.
    shown: "pnpm validate --skip newest-dump",
    command: [process.execPath, bin, "--skip", "newest-dump"],
    environment: { PATH, HOME, ...environment.env, PILOT_LIGHT_OUTPUTS_FILE: outputsFile, ...env },
    // A replacement has the same length if a column depends on it.
    replacements: [
      [new RegExp(project, "g"), "davidshaev".padEnd(project.length, "l").slice(0, project.length)],
      [new RegExp(outputs.vpc_id, "g"), "vpc-0123456789abcdef0"],
      [/\bPostgreSQL \d+(\.\d+)?/g, "PostgreSQL 16.4"],
    ],
  });
  expect(linesTooLong(text)).toEqual([]);
  await expect(text).toMatchFileSnapshot(`../../../docs/transcripts/${name}.txt`);
}

test("a healthy environment", async () => {
  await expectTranscript("validate-healthy");
});

test("an unhealthy environment: outputs that this version does not know, and no database URL", async () => {
  const missing = { vpc_id: undefined, database_port: undefined, ecs_cluster_name: undefined };
  await environment.writeOutputs(missing);
  await expectTranscript("validate-unhealthy", { NEON_DATABASE_URL: "" });
});
