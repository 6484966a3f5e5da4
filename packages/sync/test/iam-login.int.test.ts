/** Syncs whose login to RDS is a token of IAM. A token is valid for minutes, and a sync may take hours. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { iamLoginOnRds, tokenLifetime } from "./iam-login.ts";
import { clientPrograms, contentOf, sync } from "./support.ts";

/** Client programs whose pg_restore ends later than the tokens that were signed before it. */
async function slowPrograms(pair: Pair): Promise<string> {
  const { directory } = await clientPrograms();
  const own = join(pair.env.HOME ?? "", "programs");
  await mkdir(own);
  const scripts = {
    pg_dump: `exec "${directory}/pg_dump" "$@"`,
    pg_restore: `"${directory}/pg_restore" "$@" && case "$*" in *--dbname*) sleep ${tokenLifetime / 1000 + 1};; esac`,
  };
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(own, name), `#!/bin/bash\n${script}\n`);
    await chmod(join(own, name), 0o755);
  }
  return own;
}

test("a sync that outlasts its tokens signs a new one for each connection, in both directions", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "empty" });
  await using iam = await iamLoginOnRds(pair, testSandbox().state.rds.host);
  const env = { RDS_IAM_USER: iam.role, PILOT_LIGHT_PG_BIN: await slowPrograms(pair) };
  const there = await sync(pair, ["neon-to-rds", "--yes", "--rds-auth", "iam"], { env });
  expect(there.exitCode, there.stderr).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  const back = await sync(pair, ["rds-to-neon", "--yes", "--rds-auth", "iam"], { env });
  expect(back.exitCode, back.stderr).toBe(0);
  expect(new Set(iam.logins)).toEqual(new Set(["accepted"]));
});
