/** The in-place mode: one transaction empties the target, fills it and verifies it. */
import { createPair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { describe, expect, test } from "vitest";
import { contentOf, databasesOf, documentOf, keysOf, leftFiles, sync } from "./support.ts";

describe.concurrent("in place", () => {
  for (const { direction, neon, rds } of [
    { direction: "neon-to-rds", neon: "app", rds: "stale" },
    { direction: "neon-to-rds", neon: "awkward", rds: "stale" },
    { direction: "rds-to-neon", neon: "stale", rds: "app" },
    { direction: "rds-to-neon", neon: "app", rds: "awkward" },
  ] as const) {
    test(`${direction}, ${neon} and ${rds}: the target is equal to the source`, async () => {
      await using pair = await createPair(testSandbox(), { neon, rds, rdsBypassRls: true });
      const target = direction === "neon-to-rds" ? "rds" : "neon";
      const source = target === "rds" ? "neon" : "rds";
      const done = await sync(pair, [direction, "--in-place", "--yes", "--json", "--allow-shrink"]);
      expect(done.exitCode, done.stderr + done.stdout).toBe(0);
      expect(documentOf(done).result).toMatchObject({ previous: null });
      expect(await contentOf(pair, target)).toBe(await contentOf(pair, source));
      expect(await databasesOf(pair, target)).toEqual([pair[target].database]);
      expect(await leftFiles(pair)).toEqual([]);
      expect(await keysOf(pair)).toHaveLength(4);
    });
  }
});
