/** Syncs whose login to RDS is a token of IAM. A token is valid for minutes, and a sync may take hours. */
import { createPair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { iamLoginOnRds, tokenLifetime } from "./iam-login.ts";
import { withProgram } from "./refusal-cases.ts";
import { contentOf, sync } from "./support.ts";

test("a sync that outlasts its tokens signs a new one for each connection, in both directions", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "empty" });
  await using iam = await iamLoginOnRds(pair, testSandbox().state.rds.host);
  // Each pg_restore that connects ends later than the tokens that were signed before it.
  const seconds = tokenLifetime / 1000 + 1;
  const slow = {
    program: "pg_restore",
    call: "*--dbname*",
    commands: `"$real" "$@" && sleep ${seconds}`,
  } as const;
  const env = { RDS_IAM_USER: iam.role, ...(await withProgram({ pair }, slow)) };
  const there = await sync(pair, ["neon-to-rds", "--yes", "--rds-auth", "iam"], { env });
  expect(there.exitCode, there.stderr).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  const back = await sync(pair, ["rds-to-neon", "--yes", "--rds-auth", "iam"], { env });
  expect(back.exitCode, back.stderr).toBe(0);
  expect(new Set(iam.logins)).toEqual(new Set(["accepted"]));
});
