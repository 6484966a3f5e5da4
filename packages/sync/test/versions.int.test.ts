/** Servers of two major versions: both directions, checked with a pg_dump that can read both. */
import { processEnvironment } from "@pilot-light/core/config/env";
import { createPair, startSandbox } from "@pilot-light/sandbox/testing";
import { extraSandboxDirectory } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { clientPrograms, contentOf, sync } from "./support.ts";

test("an older and a newer server are synced in both directions, and the plan notes a newer source", async () => {
  const { major } = await clientPrograms();
  await using sandbox = await startSandbox({
    directory: extraSandboxDirectory("versions"),
    environment: processEnvironment(),
    majors: { neon: major - 1 },
  });
  await using pair = await createPair(sandbox, { neon: "awkward", rds: "stale", rdsBypassRls: true });
  const wanted = await contentOf(pair, "neon");

  const up = await sync(pair, ["neon-to-rds", "--yes"]);
  expect(up.exitCode, up.stderr).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(wanted);

  // The newest archive is a dump of the older server.
  const older = await sync(pair, ["restore", "latest", "--to", "rds", "--yes"]);
  expect(older.exitCode, older.stderr).toBe(0);
  expect(older.stderr).not.toContain("not verified");
  expect(await contentOf(pair, "rds")).toBe(wanted);

  await pair.query("neon", "create table public.only_here (id int primary key)");
  const down = await sync(pair, ["rds-to-neon", "--yes"]);
  expect(down.exitCode, down.stderr).toBe(0);
  expect(down.stderr).toMatch(new RegExp(String.raw`rds \(${major}\.\d+\) is newer than neon`));
  expect(await contentOf(pair, "neon")).toBe(wanted);

  const newer = await sync(pair, ["restore", "latest", "--to", "neon", "--yes"]);
  expect(newer.exitCode, newer.stderr).toBe(0);
  expect(newer.stderr).toMatch(new RegExp(String.raw`rds \(${major}\.\d+\) is newer than neon`));
  expect(await contentOf(pair, "neon")).toBe(wanted);
});
