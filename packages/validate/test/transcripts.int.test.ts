/** What a person sees of `pnpm validate`, as the documents show it: docs/transcripts/validate*.txt. `vitest -u` writes them. */
import { fileURLToPath } from "node:url";
import { processEnvironment } from "@pilot-light/core/config/env";
import { transcriptOf } from "@pilot-light/sandbox/transcript";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createEnvironment, type TestEnvironment } from "./support/environment.ts";

const bin = fileURLToPath(new URL("../dist/bin.js", import.meta.url));

let environment: TestEnvironment;
beforeAll(async () => {
  environment = await createEnvironment(testSandbox(), { mode: "pilot-light" });
});
afterAll(async () => {
  await environment[Symbol.asyncDispose]();
});

async function expectTranscript(name: string, env: Record<string, string> = {}): Promise<void> {
  const { project, outputs, pair } = environment;
  const { PATH, HOME } = processEnvironment();
  const text = await transcriptOf({
    shown: "pnpm validate",
    command: [process.execPath, bin],
    environment: { PATH, HOME, ...environment.env, ...env },
    // Of the same length where a column depends on it.
    replacements: [
      [new RegExp(pair.outputsFile.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`), "g"), "outputs.json"],
      [new RegExp(project, "g"), "davidshaev".padEnd(project.length, "l").slice(0, project.length)],
      [new RegExp(outputs.vpc_id, "g"), "vpc-0123456789abcdef0"],
      [/\bPostgreSQL \d+(\.\d+)?/g, "PostgreSQL 16.4"],
    ],
  });
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
