/** What a person sees of `pnpm sync`, as the runbooks show it: docs/transcripts/sync*.txt. `vitest -u` writes them. */
import { fileURLToPath } from "node:url";
import { defaultEnvironment } from "@pilot-light/sandbox/environment";
import { databases, ownerRoles } from "@pilot-light/sandbox/names";
import { startSandbox, type Sandbox } from "@pilot-light/sandbox/sandbox";
import { linesTooLong, transcriptOf } from "@pilot-light/sandbox/transcript";
import { extraSandboxDirectory } from "@pilot-light/sandbox/vitest";
import { processEnvironment } from "@pilot-light/core/config/env";
import { afterAll, beforeAll, expect, test } from "vitest";

const bin = fileURLToPath(new URL("../dist/bin.js", import.meta.url));

// A sandbox of its own, so that the databases have the names that people see.
let sandbox: Sandbox;
beforeAll(async () => {
  const directory = extraSandboxDirectory("transcripts");
  sandbox = await startSandbox({ directory, environment: processEnvironment() });
});
afterAll(() => sandbox.stop());

async function expectTranscript(name: string, args: string, env: Record<string, string> = {}): Promise<void> {
  const own = processEnvironment();
  const environment = { PATH: own.PATH, HOME: own.HOME, ...defaultEnvironment(sandbox.state), ...env };
  const command = [process.execPath, bin, ...args.split(" ")];
  const text = await transcriptOf({ shown: `pnpm sync ${args}`, command, environment });
  expect(linesTooLong(text)).toEqual([]);
  await expect(text).toMatchFileSnapshot(`../../../docs/transcripts/${name}.txt`);
}

test("a dry run", async () => {
  await expectTranscript("sync-dry-run", "neon-to-rds --dry-run");
});

test("a sync", async () => {
  await expectTranscript("sync", "neon-to-rds --yes");
});

test("an undo", async () => {
  await expectTranscript("sync-undo", "undo rds --yes");
});

test("a refusal", async () => {
  const empty = new URL(defaultEnvironment(sandbox.state)["NEON_DATABASE_URL"] ?? "");
  expect(empty.pathname).toBe(`/${databases.neon}`);
  expect(empty.username).toBe(ownerRoles.neon);
  empty.pathname = "/postgres";
  await expectTranscript("sync-refused", "neon-to-rds --dry-run", { NEON_DATABASE_URL: empty.href });
});
