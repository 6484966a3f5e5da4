/** The output of sync's commands, which the runbooks include: docs/transcripts. `vitest --update` writes the files. */
import { fileURLToPath } from "node:url";
import { defaultProjectName, resourceNames } from "@pilot-light/core/contract";
import { motoUrl } from "@pilot-light/sandbox/aws/moto";
import { protectBucket } from "@pilot-light/sandbox/aws/resources";
import { defaultEnvironment } from "@pilot-light/sandbox/environment";
import { databases, ownerRoles } from "@pilot-light/sandbox/names";
import { startSandbox, type Sandbox } from "@pilot-light/sandbox/sandbox";
import { linesTooLong, transcriptOf } from "@pilot-light/sandbox/transcript";
import { extraSandboxDirectory } from "@pilot-light/sandbox/vitest";
import { processEnvironment } from "@pilot-light/core/config/env";
import { afterAll, beforeAll, expect, test } from "vitest";

import { signalWhen } from "./processes.ts";
import { keysOf, sync } from "./support.ts";

const bin = fileURLToPath(new URL("../dist/bin.js", import.meta.url));

const replacements = [
  [/(__pl_old_\d+)_\d+/g, "$1_16777"],
  [/\b[0-9a-f]{64}\b/g, "5f0c".repeat(16)],
  [/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g, "2026-11-26T09:30:00.000Z"],
  [/\b20\d\d-\d\d-\d\d(?!T| \d\d:)/g, "2026-12-26"],
] as const;

// The test has its own sandbox, so that the databases have the names that a user sees.
let sandbox: Sandbox;
beforeAll(async () => {
  const directory = extraSandboxDirectory("transcripts");
  sandbox = await startSandbox({ directory, environment: processEnvironment() });
});
afterAll(() => sandbox.stop());

interface Shown {
  env?: Record<string, string>;
  /** The script of package.json. */
  program?: "sync" | "dumps" | "compare";
  /** Whether the output is the input of another program, and so has lines of any length. */
  isScript?: boolean;
}

function ownEnvironment(): Record<string, string> {
  const { PATH = "", HOME = "" } = processEnvironment();
  return { PATH, HOME, ...defaultEnvironment(sandbox.state) };
}

async function expectTranscript(
  name: string,
  args: string,
  { env = {}, program = "sync", isScript = false }: Shown = {},
): Promise<void> {
  const environment = { ...ownEnvironment(), ...env };
  const words = [...(program === "sync" ? [] : [program]), ...args.split(" ").filter((word) => word !== "")];
  const command = [process.execPath, bin, ...words];
  const shown = `pnpm ${program} ${args}`.trim();
  const text = await transcriptOf({ shown, command, environment, replacements });
  if (!isScript) expect(linesTooLong(text)).toEqual([]);
  await expect(text).toMatchFileSnapshot(`../../../docs/transcripts/${name}.txt`);
}

test("a comparison before the sync", async () => {
  await expectTranscript("compare", "", { program: "compare" });
});

test("a dry run", async () => {
  await expectTranscript("sync-dry-run", "neon-to-rds --dry-run");
});

test("a filtered dry run, and one in place", async () => {
  await expectTranscript("sync-filtered-dry-run", "neon-to-rds --schema public --allow-filtered --dry-run");
  await expectTranscript("sync-in-place-dry-run", "neon-to-rds --in-place --dry-run");
});

test("the statements of a comparison", async () => {
  await expectTranscript("compare-sql", "--schema --sql", { program: "compare", isScript: true });
});

test("a sync", async () => {
  await expectTranscript("sync", "neon-to-rds --yes");
});

test("the dumps of the sync: the list, one dump, its check, and the plan of a prune", async () => {
  await protectBucket(motoUrl(sandbox.state.moto), resourceNames(defaultProjectName).backupsBucket);
  await expectTranscript("dumps-list", "list --limit 2", { program: "dumps" });
  await expectTranscript("dumps-show", "show latest", { program: "dumps" });
  await expectTranscript("dumps-verify", "verify latest", { program: "dumps" });
  await expectTranscript("dumps-prune-dry-run", "prune --keep 1 --dry-run", { program: "dumps" });
});

test("a restore of the newest archive, and its dry run", async () => {
  await expectTranscript("sync-restore-dry-run", "restore latest --to rds --dry-run");
  await expectTranscript("sync-restore", "restore latest --to rds --yes");
});

test("a comparison after the sync", async () => {
  await expectTranscript("compare-equal", "", { program: "compare" });
});

test("an undo", async () => {
  await expectTranscript("sync-undo", "undo rds --yes");
});

test("a refusal", async () => {
  const empty = new URL(defaultEnvironment(sandbox.state)["NEON_DATABASE_URL"] ?? "");
  expect(empty.pathname).toBe(`/${databases.neon}`);
  expect(empty.username).toBe(ownerRoles.neon);
  empty.pathname = "/postgres";
  await expectTranscript("sync-refused", "neon-to-rds --dry-run", { env: { NEON_DATABASE_URL: empty.href } });
});

test("a dry run that resumes a sync", async () => {
  const here = { env: ownEnvironment(), bucket: resourceNames(defaultProjectName).backupsBucket };
  const hasDraft = async () => (await keysOf(here)).some((key) => key.endsWith(".draft.json"));
  const killed = await sync(here, ["neon-to-rds", "--yes"], { onStart: signalWhen(hasDraft, "SIGKILL") });
  expect(killed.exitCode).toBe(-1);
  await expectTranscript("sync-resume-dry-run", "neon-to-rds --resume --dry-run");
});
